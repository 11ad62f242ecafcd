package io.jubernetes.scheduler.framework;

import org.jspecify.annotations.Nullable;

/// A plugin whose filter and raw score depend on one node's own state (see [NodeInfo#generation]) and on a part of
/// the pod. What it says about a node is used again for all pods with an equal part until the node changes, so a
/// large deployment costs little more than its first pod.
public interface NodeLocal extends Plugin {
    /// The part of the pod that the plugin looks at, with `equals` and `hashCode`; null when its answers for this
    /// pod cannot be used again.
    @Nullable
    Object signature(PodInfo pod);
}
