package io.jubernetes.scheduler.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.PodRequests;
import io.jubernetes.scheduler.framework.Resources;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PodRequestsTest {
    private final Resources resources = new Resources();

    private static Container container(String name, String cpu, boolean sidecar) {
        return new ContainerBuilder()
                .withName(name)
                .withRestartPolicy(sidecar ? "Always" : null)
                .withNewResources()
                .withRequests(Map.of("cpu", new Quantity(cpu)))
                .endResources()
                .build();
    }

    private PodRequests requests(Pod pod) {
        return PodInfo.of(pod, resources).requests();
    }

    private static PodBuilder pod() {
        return new PodBuilder().withNewMetadata().withName("p").withUid("u").endMetadata();
    }

    @Test
    void theGreaterOfContainersTogetherAndAnyInitContainerBesideItsSidecars() {
        Pod pod = pod().withNewSpec()
                .withContainers(container("a", "1", false), container("b", "500m", false))
                .withInitContainers(
                        container("i1", "1", false), container("s", "300m", true), container("i2", "2", false))
                .withOverhead(Map.of("cpu", new Quantity("100m")))
                .endSpec()
                .build();
        // Together 1.5 + 0.3; while i2 starts 0.3 + 2; and the overhead.
        assertThat(requests(pod).of(Resources.CPU)).isEqualTo(2400);
        assertThat(requests(pod).of(Resources.PODS)).isEqualTo(1);
    }

    @Test
    void aRequestForTheWholePodReplacesItsContainers() {
        Pod pod = pod().withNewSpec()
                .withContainers(container("a", "1", false))
                .withNewResources()
                .withRequests(Map.of("cpu", new Quantity("700m")))
                .endResources()
                .endSpec()
                .build();
        assertThat(requests(pod).of(Resources.CPU)).isEqualTo(700);
    }

    private static PodBuilder resized(PodBuilder pod, String reason) {
        return pod.withNewStatus()
                .addNewCondition()
                .withType("PodResizePending")
                .withReason(reason)
                .endCondition()
                .addNewContainerStatus()
                .withName("a")
                .withAllocatedResources(Map.of("cpu", new Quantity("2")))
                .withNewResources()
                .withRequests(Map.of("cpu", new Quantity("3")))
                .endResources()
                .endContainerStatus()
                .endStatus();
    }

    @ParameterizedTest
    @CsvSource({"1, Deferred, 3000", "4, Deferred, 4000", "4, Infeasible, 3000"})
    void whileAContainerIsResizedTheGreatestCountsUnlessItWillNeverBeGiven(String wanted, String reason, long milli) {
        PodBuilder pod = pod().withNewSpec()
                .withContainers(container("a", wanted, false))
                .endSpec();
        assertThat(requests(resized(pod, reason).build()).of(Resources.CPU)).isEqualTo(milli);
    }

    @ParameterizedTest
    @CsvSource({"1, Deferred, 2000", "4, Deferred, 4000", "4, Infeasible, 2000"})
    void whileTheWholePodIsResizedTheGreatestCountsUnlessItWillNeverBeGiven(String wanted, String reason, long milli) {
        PodBuilder pod = pod().withNewSpec()
                .withContainers(container("a", "1", false))
                .withNewResources()
                .withRequests(Map.of("cpu", new Quantity(wanted)))
                .endResources()
                .endSpec();
        Pod given = resized(pod, reason)
                .editStatus()
                .withAllocatedResources(Map.of("cpu", new Quantity("2")))
                .endStatus()
                .build();
        assertThat(requests(given).of(Resources.CPU)).isEqualTo(milli);
    }

    @Test
    void whatAnInitContainerHadDoesNotCount() {
        PodBuilder pod = pod().withNewSpec()
                .withContainers(container("b", "1", false))
                .withInitContainers(container("a", "1", false))
                .endSpec();
        assertThat(requests(resized(pod, "Deferred").build()).of(Resources.CPU)).isEqualTo(1000);
    }

    @Test
    void scoringAssumesSomethingForContainersThatAskForNothing() {
        Pod pod = pod().withNewSpec()
                .addNewContainer()
                .withName("a")
                .endContainer()
                .endSpec()
                .build();
        assertThat(requests(pod).of(Resources.CPU)).isZero();
        assertThat(requests(pod).nonZero(Resources.CPU)).isEqualTo(100);
        assertThat(requests(pod).nonZero(Resources.MEMORY)).isEqualTo(200L << 20);
    }

    @Test
    void absurdAmountsDoNotOverflow() {
        Pod pod = pod().withNewSpec()
                .withContainers(container("a", "9223372036854775807", false), container("b", "1e30", false))
                .endSpec()
                .build();
        assertThat(requests(pod).of(Resources.CPU)).isPositive();
    }
}
