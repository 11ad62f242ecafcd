package io.jubernetes.controllermanager.nodelifecycle;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// When each node was last heard of: when its lease or the heartbeat times of its status were last seen to change,
/// by this process's clock, so that a node's own clock does not matter. Thread-safe.
final class Heartbeats {
    private record Seen(String beat, Instant at) {}

    private final Map<String, Seen> seen = new ConcurrentHashMap<>();

    /// Looks at a node's signs of life.
    ///
    /// @return for how long there was none
    Duration silence(Node node, @Nullable Lease lease, Instant now) {
        String beat = (lease == null || lease.getSpec() == null
                        ? ""
                        : String.valueOf(lease.getSpec().getRenewTime()))
                + "|" + statusBeat(node);
        Seen last = seen.compute(
                node.getMetadata().getName(),
                (_, there) -> there != null && there.beat().equals(beat) ? there : new Seen(beat, now));
        return Duration.between(Objects.requireNonNull(last).at(), now);
    }

    void forget(String node) {
        seen.remove(node);
    }

    private static String statusBeat(Node node) {
        return node.getStatus() == null
                ? ""
                : node.getStatus().getConditions().stream()
                        .filter(condition -> "Ready".equals(condition.getType()))
                        .map(NodeCondition::getLastHeartbeatTime)
                        .findFirst()
                        .orElse("");
    }
}
