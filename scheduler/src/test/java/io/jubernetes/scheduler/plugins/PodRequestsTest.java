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
