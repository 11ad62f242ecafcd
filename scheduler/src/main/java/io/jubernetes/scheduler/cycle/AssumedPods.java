package io.jubernetes.scheduler.cycle;

import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.snapshot.NodeTable;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The pods that count on a node although the watch has not shown their binding yet. Not thread-safe: the
/// scheduling thread alone uses it.
final class AssumedPods {
    private static final Logger log = LoggerFactory.getLogger(AssumedPods.class);
    /// A binding that succeeded and is not seen for so long was lost with its pod; the watch would have told long
    /// ago.
    private static final Duration UNSEEN_LIMIT = Duration.ofMinutes(15);

    /// @param boundAt when the binding succeeded, null while it is under way
    private record Assumed(
            PodInfo pod, String node, @Nullable Instant boundAt) {}

    private final NodeTable nodes;
    private final InstantSource clock;
    private final Map<String, Assumed> byUid = new HashMap<>();
    private Instant nextCheck = Instant.EPOCH;

    AssumedPods(NodeTable nodes, InstantSource clock) {
        this.nodes = nodes;
        this.clock = clock;
    }

    int size() {
        return byUid.size();
    }

    boolean contains(String uid) {
        return byUid.containsKey(uid);
    }

    void assume(PodInfo pod, String node) {
        byUid.put(pod.uid(), new Assumed(pod, node, null));
        nodes.putPod(node, pod);
    }

    /// The binding succeeded; the watch will show it.
    void bound(String uid) {
        byUid.computeIfPresent(uid, (_, there) -> new Assumed(there.pod(), there.node(), clock.instant()));
    }

    /// The watch shows the pod on a node.
    void confirm(String uid, String node) {
        Assumed there = byUid.remove(uid);
        if (there != null && !there.node().equals(node)) {
            nodes.removePod(there.node(), uid);
        }
    }

    /// Takes the pod off its node again.
    ///
    /// @return whether it was there
    boolean forget(String uid) {
        Assumed there = byUid.remove(uid);
        if (there != null) {
            nodes.removePod(there.node(), uid);
        }
        return there != null;
    }

    void expire() {
        Instant now = clock.instant();
        if (byUid.isEmpty() || now.isBefore(nextCheck)) {
            return;
        }
        nextCheck = now.plusSeconds(60);
        for (Assumed assumed : new ArrayList<>(byUid.values())) {
            if (assumed.boundAt() != null
                    && assumed.boundAt().plus(UNSEEN_LIMIT).isBefore(now)) {
                log.warn("{} was bound to {} and never seen there", assumed.pod(), assumed.node());
                forget(assumed.pod().uid());
            }
        }
    }
}
