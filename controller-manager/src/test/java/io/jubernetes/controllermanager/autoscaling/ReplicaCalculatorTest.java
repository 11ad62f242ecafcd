package io.jubernetes.controllermanager.autoscaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.controllermanager.autoscaling.ReplicaCalculator.Sample;
import io.jubernetes.controllermanager.testing.Written;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReplicaCalculatorTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final ReplicaCalculator CALCULATOR =
            new ReplicaCalculator(0.1, 0.1, Duration.ofMinutes(5), Duration.ofSeconds(30));

    private static Pod pod(int number, String state) {
        String started = state.equals("starting") ? "2025-12-31T23:59:00Z" : "2025-12-31T00:00:00Z";
        return Written.as(Pod.class, """
                metadata: {name: p%d%s}
                spec: {containers: [{name: c, resources: {requests: {cpu: 1}}}]}
                status: {phase: %s, startTime: '%s', conditions: [{type: Ready, status: '%s', lastTransitionTime: '%s'}]}
                """.formatted(
                        number,
                        state.equals("leaving") ? ", deletionTimestamp: '2026-01-01T00:00:00Z'" : "",
                        state.equals("pending") ? "Pending" : "Running",
                        started,
                        state.equals("starting") ? "False" : "True",
                        started));
    }

    private static final class World {
        final List<Pod> pods = new ArrayList<>();
        final Map<String, Sample> samples = new HashMap<>();

        /// @param states such as `300 700 none starting`: thousandths used, or what is odd about a pod
        World(String states) {
            for (String state : states.split(" ", -1)) {
                Pod pod = pod(pods.size(), state);
                pods.add(pod);
                if (!state.equals("none") && !state.equals("pending")) {
                    long milli = state.matches("[0-9]+") ? Long.parseLong(state) : 1000;
                    samples.put(
                            pod.getMetadata().getName(),
                            new Sample(milli, NOW.minusSeconds(10), Duration.ofSeconds(30)));
                }
            }
        }
    }

    @ParameterizedTest(name = "{1} at {0}: {2} replicas, {3} %")
    @CsvSource({
        "50, 500 500 500, 3, 50",
        "50, 520 540 500, 3, 52",
        "50, 1000 1000 1000, 6, 100",
        "50, 100 100 100, 1, 10",
        "30, 300 500 700, 5, 50",
        // A pod without a value is taken to use nothing when growing, and all it may when shrinking.
        "50, 1000 1000 none, 4, 100",
        "50, 100 100 none, 3, 10",
        // One that starts counts as idle when growing.
        "50, 1000 starting, 2, 100",
        "50, 1000 1000 pending, 4, 100",
        // One that leaves does not count at all.
        "50, 500 500 leaving, 3, 50",
    })
    void utilizationOfWhatIsRequested(int target, String states, int replicas, long percent) {
        var world = new World(states);
        var proposal = CALCULATOR.byUtilization(world.pods.size(), target, "cpu", "", world.pods, world.samples, NOW);
        assertThat(proposal.replicas()).isEqualTo(replicas);
        assertThat(proposal.value()).isEqualTo(percent);
    }

    @Test
    void aMissingRequestIsSaid() {
        var world = new World("500");
        assertThatThrownBy(() -> CALCULATOR.byUtilization(1, 50, "memory", "", world.pods, world.samples, NOW))
                .hasMessage("missing request for memory in container c of Pod p0");
        assertThatThrownBy(() -> CALCULATOR.byUtilization(1, 50, "cpu", "", world.pods, Map.of(), NOW))
                .hasMessage("no metrics returned from resource metrics API");
    }

    @ParameterizedTest(name = "{1} at {0}: {2}")
    @CsvSource({"10000, 10000 10000, 2", "10000, 30000 30000, 6", "10000, 4000 4000, 1", "10000, 20000 none, 2"})
    void averageOverThePods(long target, String states, int replicas) {
        var world = new World(states);
        assertThat(CALCULATOR
                        .byAverage(world.pods.size(), target, "", world.pods, world.samples, NOW)
                        .replicas())
                .isEqualTo(replicas);
    }

    @ParameterizedTest(name = "{0} pods, {2} of {1}: {3}, shared {4}")
    @CsvSource({"2, 10, 20, 4, 2", "2, 10, 10, 2, 1", "0, 10, 25, 3, 3", "3, 10, 31, 10, 3"})
    void oneValueForAll(int current, long target, long value, int byValue, int byShare) {
        var pods = new World("1 ".repeat(Math.max(1, current)).trim()).pods;
        assertThat(CALCULATOR.byValue(current, target, value, pods).replicas()).isEqualTo(byValue);
        assertThat(CALCULATOR.byShare(current, target, value).replicas()).isEqualTo(byShare);
    }
}
