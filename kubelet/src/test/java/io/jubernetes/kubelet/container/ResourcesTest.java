package io.jubernetes.kubelet.container;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.kubelet.HandClock;
import io.jubernetes.kubelet.TestNode;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResourcesTest {
    private static final long NODE_MEMORY = 4L << 30;

    private static Pod pod(String resources) {
        return TestNode.pod("metadata: {name: p}\nspec: {containers: [{name: c, resources: " + resources + "}]}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{} | BEST_EFFORT | 2 | 0 | 0 | 1000",
                "{requests: {cpu: 100m}} | BURSTABLE | 102 | 0 | 0 | 999",
                "{requests: {memory: 1Gi}} | BURSTABLE | 2 | 0 | 0 | 750",
                "{limits: {cpu: 1, memory: 64Mi}} | GUARANTEED | 1024 | 100000 | 67108864 | -997",
                "{limits: {cpu: 5m, memory: 64Mi}} | GUARANTEED | 5 | 1000 | 67108864 | -997",
                "{limits: {cpu: 2}, requests: {cpu: 1}} | BURSTABLE | 1024 | 200000 | 0 | 999",
            })
    void countsAsTheKernelDoes(String resources, String qos, long shares, long quota, long memory, int score) {
        Pod pod = pod(resources);
        var limits = Resources.limits(pod, pod.getSpec().getContainers().getFirst(), NODE_MEMORY, -1000);
        assertThat(Resources.qos(pod)).hasToString(qos);
        assertThat(limits.cpuShares()).isEqualTo(shares);
        assertThat(limits.cpuQuota()).isEqualTo(quota);
        assertThat(limits.memory()).isEqualTo(memory);
        assertThat(limits.oomScoreAdj()).isEqualTo(score);
    }

    @Test
    void scoresAreNoLowerThanAllowed() {
        Pod pod = pod("{limits: {cpu: 1, memory: 64Mi}}");
        assertThat(Resources.limits(pod, pod.getSpec().getContainers().getFirst(), NODE_MEMORY, 0)
                        .oomScoreAdj())
                .isZero();
    }

    @Test
    void pausesDoubleAndStartOver() {
        var clock = new HandClock();
        var backoff = Backoff.standard(clock);
        var end = clock.instant();
        assertThat(backoff.remaining("k", end)).isZero();
        backoff.next("k", end);
        assertThat(backoff.remaining("k", end)).isEqualTo(Duration.ofSeconds(10));
        clock.move(Duration.ofSeconds(4));
        assertThat(backoff.remaining("k", end)).isEqualTo(Duration.ofSeconds(6));
        for (int i = 0; i < 10; i++) {
            clock.move(Duration.ofSeconds(1));
            backoff.next("k", clock.instant());
        }
        assertThat(backoff.current("k")).isEqualTo(Duration.ofMinutes(5));
        clock.move(Duration.ofMinutes(11));
        assertThat(backoff.remaining("k", clock.instant())).isZero();
        backoff.next("k", clock.instant());
        assertThat(backoff.current("k")).isEqualTo(Duration.ofSeconds(10));
        backoff.forgetPrefix("k");
        assertThat(backoff.isWaiting("k")).isFalse();
    }
}
