package io.jubernetes.scheduler.framework;

import java.util.List;

/// The waiting pods for which room is being made on a node. They count there for pods of the same or lower priority.
/// Used by the scheduling thread.
public interface Nominations {
    List<PodInfo> on(String node);

    /// Notes a pod for a node, in place of an earlier node.
    void put(String node, PodInfo pod);

    void remove(String uid);
}
