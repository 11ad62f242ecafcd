package io.jubernetes.serviceproxy;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    private static final String ROOT = "io.jubernetes.serviceproxy";

    private final JavaClasses classes = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(ROOT);

    @Test
    void rulesKnowNobody() {
        noClasses()
                .that()
                .resideInAPackage(ROOT + ".rules..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(ROOT, ROOT + ".backend..", ROOT + ".dns..", ROOT + ".policy..")
                .check(classes);
    }

    @Test
    void backendsAndDnsDoNotKnowEachOther() {
        noClasses()
                .that()
                .resideInAPackage(ROOT + ".backend..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(ROOT, ROOT + ".dns..", ROOT + ".policy..", "io.fabric8..")
                .check(classes);
        noClasses()
                .that()
                .resideInAPackage(ROOT + ".dns..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(ROOT, ROOT + ".backend..", ROOT + ".policy..")
                .check(classes);
    }
}
