package io.jubernetes.controllermanager.disruption;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudgetStatus;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudgetStatusBuilder;
import io.jubernetes.controllermanager.workload.IntOrPercent;
import io.jubernetes.controllermanager.workload.Pods;
import io.jubernetes.controllermanager.workload.Times;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The status of a budget. Pure.
///
/// @param notDeleted pods whose eviction was granted but that were not deleted in time
/// @param lookAgain until the next granted eviction runs out
record BudgetStatus(PodDisruptionBudgetStatus status, List<Pod> notDeleted, Optional<Duration> lookAgain) {
    /// How long an eviction that was granted may take until it does not count any more.
    static final Duration EVICTION_TIME = Duration.ofMinutes(2);

    private static final String ALLOWED = "DisruptionAllowed";

    /// How many pods there should be, and how many healthy ones at least.
    record Numbers(int expected, int desiredHealthy) {
        /// @param scale the wanted pods of all their controllers together
        static Numbers of(PodDisruptionBudget budget, int pods, int scale) {
            IntOrString maxUnavailable = budget.getSpec().getMaxUnavailable();
            if (maxUnavailable != null) {
                int unavailable = IntOrPercent.of(maxUnavailable, scale, true, 0);
                return new Numbers(scale, Math.max(0, scale - unavailable));
            }
            IntOrString minAvailable = budget.getSpec().getMinAvailable();
            if (minAvailable == null) {
                return new Numbers(0, 0);
            }
            return minAvailable.getIntVal() != null
                    ? new Numbers(pods, minAvailable.getIntVal())
                    : new Numbers(scale, IntOrPercent.of(minAvailable, scale, true, 0));
        }

        /// Whether the scales of the pods' controllers matter.
        static boolean needScale(PodDisruptionBudget budget) {
            IntOrString minAvailable = budget.getSpec().getMinAvailable();
            return budget.getSpec().getMaxUnavailable() != null
                    || (minAvailable != null && minAvailable.getIntVal() == null);
        }
    }

    static BudgetStatus of(PodDisruptionBudget budget, List<Pod> pods, Numbers numbers, Instant now) {
        PodDisruptionBudgetStatus old =
                budget.getStatus() == null ? new PodDisruptionBudgetStatus() : budget.getStatus();
        var notDeleted = new ArrayList<Pod>();
        var disrupted = new LinkedHashMap<String, String>();
        Optional<Duration> lookAgain = Optional.empty();
        Map<String, String> granted = old.getDisruptedPods() == null ? Map.of() : old.getDisruptedPods();
        int healthy = 0;
        for (Pod pod : pods) {
            if (Pods.isTerminating(pod)) {
                continue;
            }
            String name = pod.getMetadata().getName();
            Optional<Instant> end = Times.parse(granted.get(name)).map(since -> since.plus(EVICTION_TIME));
            if (end.isPresent()) {
                if (end.get().isBefore(now)) {
                    notDeleted.add(pod);
                } else {
                    disrupted.put(name, granted.get(name));
                    Duration left = Duration.between(now, end.get());
                    lookAgain = lookAgain
                            .filter(there -> there.compareTo(left) <= 0)
                            .or(() -> Optional.of(left));
                    continue;
                }
            }
            healthy += Pods.isReady(pod) ? 1 : 0;
        }
        int allowed = numbers.expected() <= 0 ? 0 : Math.max(0, healthy - numbers.desiredHealthy());
        var status = new PodDisruptionBudgetStatusBuilder()
                .withCurrentHealthy(healthy)
                .withDesiredHealthy(numbers.desiredHealthy())
                .withExpectedPods(numbers.expected())
                .withDisruptionsAllowed(allowed)
                .withDisruptedPods(disrupted.isEmpty() ? null : disrupted)
                .withObservedGeneration(budget.getMetadata().getGeneration())
                .withConditions(
                        conditions(budget, allowed > 0, allowed > 0 ? "SufficientPods" : "InsufficientPods", "", now))
                .build();
        return new BudgetStatus(status, notDeleted, lookAgain);
    }

    /// The status when the numbers cannot be found out: nothing may be evicted.
    static PodDisruptionBudgetStatus failed(PodDisruptionBudget budget, String message, Instant now) {
        return new PodDisruptionBudgetStatusBuilder(
                        budget.getStatus() == null ? new PodDisruptionBudgetStatus() : budget.getStatus())
                .withDisruptionsAllowed(0)
                .withObservedGeneration(budget.getMetadata().getGeneration())
                .withConditions(conditions(budget, false, "SyncFailed", message, now))
                .build();
    }

    private static List<Condition> conditions(
            PodDisruptionBudget budget, boolean allowed, String reason, String message, Instant now) {
        List<Condition> all = new ArrayList<>(
                budget.getStatus() == null ? List.of() : budget.getStatus().getConditions());
        @Nullable
        Condition there = all.stream()
                .filter(condition -> ALLOWED.equals(condition.getType()))
                .findFirst()
                .orElse(null);
        String status = allowed ? "True" : "False";
        String since =
                there != null && status.equals(there.getStatus()) ? there.getLastTransitionTime() : Times.text(now);
        all.removeIf(condition -> ALLOWED.equals(condition.getType()));
        all.add(new ConditionBuilder()
                .withType(ALLOWED)
                .withStatus(status)
                .withReason(reason)
                .withMessage(message)
                .withObservedGeneration(budget.getMetadata().getGeneration())
                .withLastTransitionTime(since)
                .build());
        return all;
    }
}
