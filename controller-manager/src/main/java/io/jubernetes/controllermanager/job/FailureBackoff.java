package io.jubernetes.controllermanager.job;

import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.controllermanager.workload.Pods;
import io.jubernetes.controllermanager.workload.Times;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// How long a job waits after failures before it makes new pods: 10 seconds, doubled with each failure since the
/// last success, at most 10 minutes. Pure.
final class FailureBackoff {
    private static final Duration FIRST = Duration.ofSeconds(10);
    private static final Duration MAX = Duration.ofMinutes(10);

    private FailureBackoff() {}

    /// What is left of the wait; empty when there is none.
    static Optional<Duration> left(List<Pod> pods, Instant now) {
        Instant lastSuccess = pods.stream()
                .filter(pod -> Pods.phase(pod).equals("Succeeded"))
                .map(FailureBackoff::endOf)
                .max(Comparator.naturalOrder())
                .orElse(Instant.EPOCH);
        List<Instant> failures = pods.stream()
                .filter(pod -> Pods.phase(pod).equals("Failed"))
                .map(FailureBackoff::endOf)
                .filter(end -> end.isAfter(lastSuccess))
                .sorted()
                .toList();
        if (failures.isEmpty()) {
            return Optional.empty();
        }
        Duration pause = FIRST.multipliedBy(1L << Math.min(failures.size() - 1, 20));
        pause = pause.compareTo(MAX) > 0 ? MAX : pause;
        Duration left = Duration.between(now, failures.getLast().plus(pause));
        return left.isNegative() || left.isZero() ? Optional.empty() : Optional.of(left);
    }

    private static Instant endOf(Pod pod) {
        return pod.getStatus().getContainerStatuses().stream()
                .filter(status -> status.getState() != null && status.getState().getTerminated() != null)
                .flatMap(status -> Times.parse(status.getState().getTerminated().getFinishedAt()).stream())
                .max(Comparator.naturalOrder())
                .or(() -> Times.parse(pod.getMetadata().getCreationTimestamp()))
                .orElse(Instant.EPOCH);
    }
}
