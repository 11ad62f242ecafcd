package io.jubernetes.scheduler.plugins.preemption;

import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.jubernetes.common.scheduling.LabelMatcher;
import io.jubernetes.scheduler.framework.PodInfo;
import java.util.List;

/// Tells which pods cannot go without violating a disruption budget, when others of the same budget go too.
final class Budgets {
    private static final class Budget {
        final PodDisruptionBudget object;
        final LabelMatcher selector;
        int left;

        Budget(PodDisruptionBudget object) {
            this.object = object;
            selector = LabelMatcher.of(object.getSpec().getSelector());
            Integer allowed =
                    object.getStatus() == null ? null : object.getStatus().getDisruptionsAllowed();
            left = allowed == null ? 0 : allowed;
        }

        /// A pod that is on its way out by an eviction is accounted for already.
        boolean covers(PodInfo pod) {
            return pod.key().namespace().equals(object.getMetadata().getNamespace())
                    && !selector.matchesEverything()
                    && selector.matches(pod.labels())
                    && (object.getStatus() == null
                            || object.getStatus().getDisruptedPods() == null
                            || !object.getStatus()
                                    .getDisruptedPods()
                                    .containsKey(pod.key().name()));
        }
    }

    private final List<Budget> budgets;

    /// @param budgets of all namespaces; each instance of this class spends them once
    Budgets(List<PodDisruptionBudget> budgets) {
        this.budgets = budgets.stream().map(Budget::new).toList();
    }

    /// Takes one more pod out of its budgets.
    ///
    /// @return whether that violates one of them
    boolean isViolatedBy(PodInfo pod) {
        if (pod.labels().isEmpty()) {
            return false;
        }
        boolean violated = false;
        for (Budget budget : budgets) {
            if (budget.covers(pod)) {
                violated |= --budget.left < 0;
            }
        }
        return violated;
    }
}
