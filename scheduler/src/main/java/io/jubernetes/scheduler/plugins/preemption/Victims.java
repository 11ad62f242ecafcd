package io.jubernetes.scheduler.plugins.preemption;

import io.jubernetes.scheduler.framework.NodeInfo;
import io.jubernetes.scheduler.framework.PodInfo;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Comparator;
import java.util.List;

/// The pods that would have to go from one node.
///
/// @param pods the most important first; at least one
/// @param violations how many of them a disruption budget protects
record Victims(NodeInfo node, List<PodInfo> pods, int violations) {
    /// The more important pod first: higher priority, then longer running.
    static final Comparator<PodInfo> IMPORTANCE =
            Comparator.comparingInt(PodInfo::priority).reversed().thenComparing(Victims::started);

    /// The best choice first: fewest budgets violated, least important victims, fewest of them, youngest.
    static final Comparator<Victims> PREFERENCE = Comparator.comparingInt(Victims::violations)
            .thenComparingInt(Victims::highestPriority)
            .thenComparingLong(Victims::sumOfPriorities)
            .thenComparingInt(victims -> victims.pods.size())
            .thenComparing(Victims::earliestStart, Comparator.reverseOrder());

    private int highestPriority() {
        return pods.getFirst().priority();
    }

    /// Shifted so that a pod of any priority counts for more than none.
    private long sumOfPriorities() {
        return pods.stream()
                .mapToLong(pod -> pod.priority() + (long) Integer.MAX_VALUE + 1)
                .sum();
    }

    /// Of the victims with the highest priority.
    private Instant earliestStart() {
        return pods.stream()
                .filter(pod -> pod.priority() == highestPriority())
                .map(Victims::started)
                .min(Comparator.naturalOrder())
                .orElse(Instant.MAX);
    }

    /// A pod that has not started is the youngest of all.
    private static Instant started(PodInfo pod) {
        var status = pod.pod().getStatus();
        String started = status == null ? null : status.getStartTime();
        try {
            return started == null ? Instant.MAX : Instant.parse(started);
        } catch (DateTimeParseException e) {
            return Instant.MAX;
        }
    }
}
