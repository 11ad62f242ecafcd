package io.jubernetes.kubelet.eviction;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.kubelet.TestNode;
import io.jubernetes.kubelet.config.NodePolicies;
import io.jubernetes.kubelet.eviction.Ranking.Use;
import io.jubernetes.kubelet.eviction.Thresholds.Threshold;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ThresholdsTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    private static Map<String, Measure> memory(long mebibytes) {
        return Map.of("memory.available", new Measure(mebibytes << 20, 1L << 30));
    }

    @Test
    void aHardOneActsAtOnceAndTheConditionStaysForAWhile() {
        var thresholds = new Thresholds(NodePolicies.Eviction.DEFAULT);
        assertThat(thresholds.look(memory(200), NOW)).isEmpty();
        assertThat(thresholds.conditions(NOW)).isEmpty();
        assertThat(thresholds.look(memory(50), NOW))
                .extracting(Threshold::signal)
                .containsExactly("memory.available");
        assertThat(thresholds.conditions(NOW)).containsExactly("MemoryPressure");
        assertThat(thresholds.look(memory(200), NOW.plusSeconds(10))).isEmpty();
        assertThat(thresholds.conditions(NOW.plusSeconds(10))).containsExactly("MemoryPressure");
        assertThat(thresholds.conditions(NOW.plusSeconds(301))).isEmpty();
    }

    @Test
    void aSoftOneWaitsForItsGraceAndWinsBackMore() {
        var thresholds = new Thresholds(new NodePolicies.Eviction(
                Map.of(),
                Map.of("memory.available", "10%"),
                Map.of("memory.available", Duration.ofSeconds(30)),
                Map.of("memory.available", "100Mi"),
                Duration.ZERO,
                Duration.ofMinutes(5)));
        assertThat(thresholds.look(memory(90), NOW)).isEmpty();
        assertThat(thresholds.conditions(NOW)).containsExactly("MemoryPressure");
        assertThat(thresholds.look(memory(90), NOW.plusSeconds(30))).hasSize(1);
        // 10 % of a gibibyte and 100 MiB more.
        assertThat(thresholds.look(memory(190), NOW.plusSeconds(40))).hasSize(1);
        assertThat(thresholds.look(memory(210), NOW.plusSeconds(50))).isEmpty();
    }

    @Test
    void readsTheMachine() {
        Map<String, Measure> now = new Measures(Path.of("/"), Path.of("/")).now();
        assertThat(now.keySet()).contains("memory.available", "pid.available", "nodefs.available", "imagefs.available");
        assertThat(now.values()).allSatisfy(measure -> {
            assertThat(measure.available()).isPositive();
            assertThat(measure.capacity()).isGreaterThanOrEqualTo(measure.available());
        });
    }

    private static Pod pod(String name, int priority, String request) {
        return TestNode.pod(
                "metadata: {name: %s}\nspec: {priority: %d, containers: [{name: a, resources: {requests: {memory: %s}}}]}"
                        .formatted(name, priority, request));
    }

    @Test
    void endsFirstWhoExceedsThenWhoMattersLeastThenWhoExceedsMost() {
        List<Use> uses = List.of(
                new Use(pod("modest", 0, "2Gi"), 1L << 30, Map.of()),
                new Use(pod("greedy", 5, "1Mi"), 1L << 30, Map.of()),
                new Use(pod("unimportant", 1, "1Mi"), 1L << 21, Map.of()),
                new Use(pod("greedier", 5, "1Mi"), 1L << 31, Map.of()));
        assertThat(Ranking.order(uses, "memory"))
                .extracting(use -> use.pod().getMetadata().getName())
                .containsExactly("unimportant", "greedier", "greedy", "modest");
    }
}
