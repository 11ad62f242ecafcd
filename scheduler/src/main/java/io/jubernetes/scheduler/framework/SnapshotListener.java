package io.jubernetes.scheduler.framework;

/// Follows the changes of [Nodes], for a plugin that keeps counts instead of walking over all pods for every pod.
/// Called on the scheduling thread. A node whose labels change first loses all its pods and then gets them again.
public interface SnapshotListener {
    default void podAdded(NodeInfo node, PodInfo pod) {}

    /// Called while the node still has its old labels and row.
    default void podRemoved(NodeInfo node, PodInfo pod) {}

    /// Nodes came or went, or one changed its labels, its taints or whether it is cordoned; rows may have moved.
    default void nodesChanged() {}

    /// The domain numbers of all topologies are new ones.
    default void renumbered() {}
}
