package io.jubernetes.controllermanager;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jubernetes.common.component.ComponentLauncher;
import io.jubernetes.common.component.StartupException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ControllerListTest {
    private static ControllerSettings settings(String... flags) throws StartupException {
        var command = new ControllerManagerCommand();
        ComponentLauncher.commandLine(command).parseArgs(flags);
        return command.settings();
    }

    private static List<String> enabled(String... flags) throws StartupException {
        ControllerSettings settings = settings(flags);
        return ControllerList.ALL.stream()
                .filter(entry -> entry.isEnabled(settings))
                .map(ControllerEntry::name)
                .toList();
    }

    @Test
    void namesAndAliasesAreThereOnce() {
        assertThat(ControllerList.ALL.stream()
                        .flatMap(entry -> Stream.of(entry.name(), entry.alias()).distinct()))
                .doesNotHaveDuplicates();
    }

    @Test
    void allButTheTwoForBootstrapTokensAreOnByDefault() throws StartupException {
        assertThat(ControllerList.ALL.stream().map(ControllerEntry::name).filter(name -> {
                    try {
                        return !enabled().contains(name);
                    } catch (StartupException e) {
                        throw new IllegalStateException(e);
                    }
                }))
                .containsExactlyInAnyOrder("bootstrap-signer-controller", "token-cleaner-controller");
    }

    @Test
    void controllersAreChosenByNameAndByAlias() throws StartupException {
        assertThat(enabled("--controllers=job-controller,podgc"))
                .containsExactlyInAnyOrder("job-controller", "pod-garbage-collector-controller");
        assertThat(enabled("--controllers=*,-deployment,-job-controller,tokencleaner"))
                .contains("token-cleaner-controller", "replicaset-controller")
                .doesNotContain("deployment-controller", "job-controller");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"*,-selinux-warning-controller", "*,service-lb-controller", "storage-version-migrator-controller"
            })
    void upstreamsOtherNamesAreTaken(String names) {
        assertThatCode(() -> settings("--controllers=" + names)).doesNotThrowAnyException();
    }

    @Test
    void aNameThatNobodyKnowsIsRefused() {
        assertThatThrownBy(() -> settings("--controllers=*,-deploymnt"))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("there is no controller 'deploymnt'")
                .hasMessageContaining("deployment-controller");
    }

    @ParameterizedTest
    @CsvSource({
        "deployment-controller, --concurrent-deployment-syncs, 5",
        "replicaset-controller, --concurrent-replicaset-syncs, 5",
        "replicationcontroller-controller, --concurrent-rc-syncs, 5",
        "statefulset-controller, --concurrent-statefulset-syncs, 5",
        "daemonset-controller, --concurrent-daemonset-syncs, 2",
        "job-controller, --concurrent-job-syncs, 5",
        "cronjob-controller, --concurrent-cron-job-syncs, 5",
        "endpointslice-controller, --concurrent-service-endpoint-syncs, 5",
        "endpoints-controller, --concurrent-endpoint-syncs, 5",
        "garbage-collector-controller, --concurrent-gc-syncs, 20",
        "namespace-controller, --concurrent-namespace-syncs, 10",
        "serviceaccount-token-controller, --concurrent-serviceaccount-token-syncs, 5",
        "resourcequota-controller, --concurrent-resource-quota-syncs, 5",
        "horizontal-pod-autoscaler-controller, --concurrent-horizontal-pod-autoscaler-syncs, 5",
        "ttl-after-finished-controller, --concurrent-ttl-after-finished-syncs, 5",
        "ephemeral-volume-controller, --concurrent-ephemeralvolume-syncs, 5",
        "resourceclaim-controller, --concurrent-resource-claim-syncs, 10",
        "device-taint-eviction-controller, --concurrent-device-taint-eviction-syncs, 10",
        "validatingadmissionpolicy-status-controller, --concurrent-validating-admission-policy-status-syncs, 5",
        "endpointslice-mirroring-controller, --mirroring-concurrent-service-endpoint-syncs, 5"
    })
    void workersComeFromTheFlag(String controller, String flag, int byDefault) throws StartupException {
        assertThat(settings().workers(controller)).isEqualTo(byDefault);
        assertThat(settings(flag + "=3").workers(controller)).isEqualTo(3);
    }
}
