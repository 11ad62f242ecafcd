package io.jubernetes.controllermanager.replicaset;

import io.fabric8.kubernetes.api.model.Pod;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/// How many pods to create, or which to delete.
///
/// @param create 0 when pods are to be deleted
record ReplicaPlan(int create, List<Pod> delete) {
    /// At most so many at a time, so that one set does not keep all others waiting.
    static final int BURST = 500;

    /// @param active the set's pods that count
    /// @param podsOfNode how many pods of the same workload are on each node
    static ReplicaPlan of(int wanted, List<Pod> active, Map<String, Integer> podsOfNode, Instant now) {
        int difference = active.size() - wanted;
        if (difference < 0) {
            return new ReplicaPlan(Math.min(-difference, BURST), List.of());
        }
        int count = Math.min(difference, BURST);
        if (count == 0) {
            return new ReplicaPlan(0, List.of());
        }
        return new ReplicaPlan(
                0,
                active.stream()
                        .sorted(new DeletionOrder(podsOfNode, now))
                        .limit(count)
                        .toList());
    }

    /// Whether nothing is to be done now.
    boolean isDone() {
        return create == 0 && delete.isEmpty();
    }
}
