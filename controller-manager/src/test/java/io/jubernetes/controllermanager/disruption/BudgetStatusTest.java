package io.jubernetes.controllermanager.disruption;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.jubernetes.controllermanager.testing.Written;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BudgetStatusTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    private static Pod pod(String name, boolean ready) {
        return Written.as(
                Pod.class,
                "{metadata: {name: %s}, status: {conditions: [{type: Ready, status: '%s'}]}}"
                        .formatted(name, ready ? "True" : "False"));
    }

    private static PodDisruptionBudget budget(String spec, String status) {
        return Written.as(
                PodDisruptionBudget.class,
                "{metadata: {name: b, generation: 3}, spec: {%s}, status: {%s}}".formatted(spec, status));
    }

    @ParameterizedTest(name = "{0}, scale {1}, {2} pods, {3} ready")
    @CsvSource(
            delimiter = '|',
            value = {
                "minAvailable: 2 | 0 | 3 | 3 | 1 | 2 | 3 | SufficientPods",
                "minAvailable: 2 | 0 | 3 | 2 | 0 | 2 | 3 | InsufficientPods",
                "minAvailable: 0 | 0 | 0 | 0 | 0 | 0 | 0 | InsufficientPods",
                "minAvailable: 30% | 3 | 3 | 3 | 2 | 1 | 3 | SufficientPods",
                "maxUnavailable: 1 | 3 | 3 | 3 | 1 | 2 | 3 | SufficientPods",
                "maxUnavailable: 1 | 5 | 3 | 3 | 0 | 4 | 5 | InsufficientPods",
                "maxUnavailable: 5 | 3 | 3 | 3 | 3 | 0 | 3 | SufficientPods",
                "maxUnavailable: 34% | 3 | 3 | 3 | 2 | 1 | 3 | SufficientPods",
            })
    void soManyMayGo(
            String spec, int scale, int count, int ready, int allowed, int desired, int expected, String reason) {
        var pods = new ArrayList<Pod>();
        for (int i = 0; i < count; i++) {
            pods.add(pod("p" + i, i < ready));
        }
        PodDisruptionBudget budget = budget(spec, "");
        var status = BudgetStatus.of(budget, pods, BudgetStatus.Numbers.of(budget, count, scale), NOW)
                .status();
        assertThat(status.getDisruptionsAllowed()).isEqualTo(allowed);
        assertThat(status.getDesiredHealthy()).isEqualTo(desired);
        assertThat(status.getExpectedPods()).isEqualTo(expected);
        assertThat(status.getCurrentHealthy()).isEqualTo(ready);
        assertThat(status.getObservedGeneration()).isEqualTo(3);
        assertThat(status.getConditions()).singleElement().satisfies(condition -> {
            assertThat(condition.getReason()).isEqualTo(reason);
            assertThat(condition.getStatus()).isEqualTo(allowed > 0 ? "True" : "False");
        });
    }

    @Test
    void grantedEvictionsCountUntilTheirTimeIsOver() {
        PodDisruptionBudget budget = budget(
                "minAvailable: 1",
                "disruptedPods: {a: '2025-12-31T23:59:00Z', b: '2025-12-31T23:57:00Z', gone: '2025-12-31T23:59:30Z'}");
        List<Pod> pods = List.of(pod("a", true), pod("b", true), pod("c", true));
        var result = BudgetStatus.of(budget, pods, BudgetStatus.Numbers.of(budget, 3, 0), NOW);
        assertThat(result.status().getDisruptedPods()).containsOnlyKeys("a");
        assertThat(result.status().getCurrentHealthy()).isEqualTo(2);
        assertThat(result.notDeleted())
                .extracting(pod -> pod.getMetadata().getName())
                .containsExactly("b");
        assertThat(result.lookAgain())
                .hasValueSatisfying(left -> assertThat(left.toSeconds()).isEqualTo(60));
    }

    @Test
    void withoutNumbersNothingMayGo() {
        var status = BudgetStatus.failed(budget("maxUnavailable: 1", "disruptionsAllowed: 2"), "why", NOW);
        assertThat(status.getDisruptionsAllowed()).isZero();
        assertThat(status.getConditions())
                .singleElement()
                .satisfies(condition -> assertThat(condition.getReason()).isEqualTo("SyncFailed"));
    }
}
