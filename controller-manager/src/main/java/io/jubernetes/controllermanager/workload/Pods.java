package io.jubernetes.controllermanager.workload;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/// The state of a pod, as controllers ask for it.
public final class Pods {
    private Pods() {}

    public static String phase(Pod pod) {
        return pod.getStatus() == null || pod.getStatus().getPhase() == null
                ? "Pending"
                : pod.getStatus().getPhase();
    }

    /// Whether it has ended for good.
    public static boolean isTerminal(Pod pod) {
        return phase(pod).equals("Succeeded") || phase(pod).equals("Failed");
    }

    public static boolean isTerminating(Pod pod) {
        return pod.getMetadata().getDeletionTimestamp() != null;
    }

    /// Whether it counts as one of the wanted replicas.
    public static boolean isActive(Pod pod) {
        return !isTerminal(pod) && !isTerminating(pod);
    }

    public static Optional<PodCondition> condition(Pod pod, String type) {
        return pod.getStatus() == null
                ? Optional.empty()
                : pod.getStatus().getConditions().stream()
                        .filter(condition -> type.equals(condition.getType()))
                        .findFirst();
    }

    public static boolean isReady(Pod pod) {
        return condition(pod, "Ready")
                .filter(condition -> "True".equals(condition.getStatus()))
                .isPresent();
    }

    /// Since when it is ready; empty when it is not.
    public static Optional<Instant> readySince(Pod pod) {
        return condition(pod, "Ready")
                .filter(condition -> "True".equals(condition.getStatus()))
                .flatMap(condition -> Times.parse(condition.getLastTransitionTime()));
    }

    /// How long until a ready pod is available: zero when it is, empty when it is not even ready.
    public static Optional<Duration> untilAvailable(Pod pod, int minReadySeconds, Instant now) {
        if (!isReady(pod)) {
            return Optional.empty();
        }
        if (minReadySeconds <= 0) {
            return Optional.of(Duration.ZERO);
        }
        return readySince(pod).map(since -> {
            Duration left = Duration.between(now, since.plusSeconds(minReadySeconds));
            return left.isNegative() ? Duration.ZERO : left;
        });
    }

    public static boolean isAvailable(Pod pod, int minReadySeconds, Instant now) {
        return untilAvailable(pod, minReadySeconds, now)
                .filter(Duration::isZero)
                .isPresent();
    }

    public static int restarts(Pod pod) {
        return pod.getStatus() == null
                ? 0
                : pod.getStatus().getContainerStatuses().stream()
                        .mapToInt(status -> status.getRestartCount() == null ? 0 : status.getRestartCount())
                        .max()
                        .orElse(0);
    }
}
