package io.jubernetes.controllermanager.replicaset;

import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.controllermanager.workload.Pods;
import io.jubernetes.controllermanager.workload.Times;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;

/// Orders pods by how little is lost when they go, the least first, by upstream's rules: not yet on a node,
/// pending, not ready, cheap to delete by annotation, crowded on their node, ready for a short time, restarted
/// often, young. Times are compared by their order of magnitude, so that among pods of about the same age the
/// choice is even.
final class DeletionOrder implements Comparator<Pod> {
    static final String COST = "controller.kubernetes.io/pod-deletion-cost";

    private final Comparator<Pod> order;

    DeletionOrder(Map<String, Integer> podsOfNode, Instant now) {
        order = Comparator.<Pod, Boolean>comparing(pod -> node(pod).isPresent())
                .thenComparingInt(DeletionOrder::phase)
                .thenComparing(Pods::isReady)
                .thenComparingInt(DeletionOrder::cost)
                .thenComparing(
                        pod -> node(pod)
                                .map(node -> podsOfNode.getOrDefault(node, 0))
                                .orElse(0),
                        Comparator.reverseOrder())
                .thenComparingInt(pod -> magnitude(Pods.readySince(pod), now))
                .thenComparing(Pods::restarts, Comparator.reverseOrder())
                .thenComparingInt(pod -> magnitude(Times.parse(pod.getMetadata().getCreationTimestamp()), now))
                .thenComparing(pod -> pod.getMetadata().getUid());
    }

    @Override
    public int compare(Pod a, Pod b) {
        return order.compare(a, b);
    }

    private static Optional<String> node(Pod pod) {
        return Optional.ofNullable(pod.getSpec().getNodeName()).filter(node -> !node.isEmpty());
    }

    private static int phase(Pod pod) {
        return switch (Pods.phase(pod)) {
            case "Pending" -> 0;
            case "Unknown" -> 1;
            default -> 2;
        };
    }

    private static int cost(Pod pod) {
        String cost = pod.getMetadata().getAnnotations() == null
                ? null
                : pod.getMetadata().getAnnotations().get(COST);
        try {
            return cost == null ? 0 : Integer.parseInt(cost);
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    /// The logarithm of an age: younger is smaller.
    private static int magnitude(Optional<Instant> since, Instant now) {
        return since.map(start -> {
                    long nanos = Math.max(0, Duration.between(start, now).toNanos());
                    return 64 - Long.numberOfLeadingZeros(nanos);
                })
                .orElse(0);
    }
}
