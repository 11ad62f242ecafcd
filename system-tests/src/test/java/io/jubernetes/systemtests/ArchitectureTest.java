package io.jubernetes.systemtests;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Dependencies point one way: services use common-api and nothing else of the house; only the launcher knows them all.
class ArchitectureTest {
    private static final List<String> SERVICES =
            List.of("apiserver", "controllermanager", "scheduler", "kubelet", "serviceproxy");
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.jubernetes");

    static Stream<String> services() {
        return SERVICES.stream();
    }

    @ParameterizedTest
    @MethodSource("services")
    void aServiceKnowsNoOtherService(String service) {
        String[] others = SERVICES.stream()
                .filter(other -> !other.equals(service))
                .map(other -> "io.jubernetes." + other + "..")
                .toArray(String[]::new);
        String[] all = Arrays.copyOf(others, others.length + 1);
        all[others.length] = "io.jubernetes.hyperkube..";
        noClasses()
                .that()
                .resideInAPackage("io.jubernetes." + service + "..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(all)
                .check(CLASSES);
    }

    @Test
    void commonKnowsNobody() {
        noClasses()
                .that()
                .resideInAPackage("io.jubernetes.common..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(SERVICES.stream()
                        .map(service -> "io.jubernetes." + service + "..")
                        .toArray(String[]::new))
                .check(CLASSES);
    }

    @Test
    void onlyTheApiServerTouchesStorage() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.jubernetes.apiserver..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.etcd..", "org.sqlite..", "java.sql..")
                .check(CLASSES);
    }

    @Test
    void reactorStaysAtTheHttpEdge() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        "io.jubernetes.apiserver.storage..",
                        "io.jubernetes.apiserver.watchcache..",
                        "io.jubernetes.apiserver.resource..",
                        "io.jubernetes.apiserver.registry..",
                        "io.jubernetes.apiserver.admission..",
                        "io.jubernetes.controllermanager..",
                        "io.jubernetes.scheduler.framework..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("reactor..")
                .check(CLASSES);
    }

    @Test
    void storageContractKnowsNoImplementation() {
        noClasses()
                .that()
                .resideInAPackage("io.jubernetes.apiserver.storage")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.jubernetes.apiserver.storage.embedded..", "io.jubernetes.apiserver.storage.etcd..")
                .check(CLASSES);
    }
}
