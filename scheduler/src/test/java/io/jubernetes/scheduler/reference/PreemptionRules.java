package io.jubernetes.scheduler.reference;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.jubernetes.common.meta.LabelSelectors;
import io.jubernetes.scheduler.framework.Verdict;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// DefaultPreemption.
final class PreemptionRules {
    /// The more important pod first.
    private static final Comparator<Pod> IMPORTANCE =
            Comparator.comparingInt(PreemptionRules::priority).reversed().thenComparing(pod -> started(pod));

    private static final Comparator<Reference.Victims> PREFERENCE = Comparator.comparingLong(
                    Reference.Victims::violations)
            .thenComparingInt(victims -> priority(victims.pods().getFirst()))
            .thenComparingLong(victims -> victims.pods().stream()
                    .mapToLong(pod -> priority(pod) + (1L << 31))
                    .sum())
            .thenComparingInt(victims -> victims.pods().size())
            .thenComparing(victims -> started(victims.pods().getFirst()), Comparator.reverseOrder());

    private PreemptionRules() {}

    static int priority(Pod pod) {
        return Objects.requireNonNullElse(pod.getSpec().getPriority(), 0);
    }

    private static String started(Pod pod) {
        return pod.getStatus().getStartTime();
    }

    static Optional<Reference.Victims> best(Map<String, Reference.Victims> candidates) {
        return candidates.values().stream().min(PREFERENCE);
    }

    /// The pods that would have to go from a node, if that made room.
    static Optional<Reference.Victims> victims(Reference reference, Pod pod, Node node) {
        Picture picture = reference.picture;
        List<Pod> lower = picture.on(node).stream()
                .filter(other -> priority(other) < priority(pod))
                .sorted(IMPORTANCE)
                .toList();
        if (lower.isEmpty() || !reference.fits(picture.without(lower), pod, node)) {
            return Optional.empty();
        }
        List<Pod> violating = violating(picture, lower);
        List<Pod> order = new ArrayList<>(violating);
        lower.stream().filter(other -> !violating.contains(other)).forEach(order::add);
        // Each is let back that need not go, those that a budget protects first.
        List<Pod> gone = new ArrayList<>(lower);
        for (Pod other : order) {
            gone.remove(other);
            if (!reference.fits(picture.without(gone), pod, node)) {
                gone.add(other);
            }
        }
        if (gone.isEmpty()) {
            return Optional.empty();
        }
        long violations = gone.stream().filter(violating::contains).count();
        return Optional.of(
                new Reference.Victims(gone.stream().sorted(IMPORTANCE).toList(), violations));
    }

    /// The pods that cannot go, after those before them have gone, without violating a budget.
    private static List<Pod> violating(Picture picture, List<Pod> pods) {
        Map<PodDisruptionBudget, Integer> left = new HashMap<>();
        picture.all(PodDisruptionBudget.class)
                .forEach(budget -> left.put(budget, budget.getStatus().getDisruptionsAllowed()));
        List<Pod> violating = new ArrayList<>();
        for (Pod pod : pods) {
            boolean violates = false;
            for (var budget : left.entrySet()) {
                if (Picture.namespace(budget.getKey()).equals(Picture.namespace(pod))
                        && LabelSelectors.matches(budget.getKey().getSpec().getSelector(), Picture.labels(pod))) {
                    budget.setValue(budget.getValue() - 1);
                    violates |= budget.getValue() < 0;
                }
            }
            if (violates) {
                violating.add(pod);
            }
        }
        return violating;
    }

    static boolean mayHelp(Verdict verdict) {
        return verdict instanceof Verdict.NotNow;
    }
}
