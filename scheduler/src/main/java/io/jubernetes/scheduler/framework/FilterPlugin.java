package io.jubernetes.scheduler.framework;

/// Decides whether a pod fits a node.
public interface FilterPlugin extends Plugin {
    /// Called for each node, so it must be fast and must not block.
    Verdict filter(CycleState state, PodInfo pod, NodeInfo node);
}
