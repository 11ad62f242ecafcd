package io.jubernetes.kubelet.probe;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import org.junit.jupiter.api.Test;

class LastReportTest {
    private static Pod pod(boolean ready, boolean started) {
        return new PodBuilder()
                .withNewStatus()
                .addNewContainerStatus()
                .withName("web")
                .withContainerID("docker://abc")
                .withReady(ready)
                .withStarted(started)
                .endContainerStatus()
                .endStatus()
                .build();
    }

    @Test
    void aContainerThatWasReadyIsStillReadyToAKubeletThatStartsAgain() {
        assertThat(LastReport.wellContainer(ProbeKind.READINESS, pod(true, true), "web"))
                .contains("abc");
        assertThat(LastReport.wellContainer(ProbeKind.STARTUP, pod(false, true), "web"))
                .contains("abc");
    }

    @Test
    void nothingIsTakenForWellThatWasNotReportedSo() {
        assertThat(LastReport.wellContainer(ProbeKind.READINESS, pod(false, true), "web"))
                .isEmpty();
        assertThat(LastReport.wellContainer(ProbeKind.STARTUP, pod(false, false), "web"))
                .isEmpty();
        assertThat(LastReport.wellContainer(ProbeKind.READINESS, pod(true, true), "other"))
                .isEmpty();
        assertThat(LastReport.wellContainer(ProbeKind.LIVENESS, pod(true, true), "web"))
                .isEmpty();
        assertThat(LastReport.wellContainer(ProbeKind.READINESS, new Pod(), "web"))
                .isEmpty();
    }
}
