package io.jubernetes.scheduler.framework;

import java.util.List;

/// Looks at the pod and the nodes that fit once before they are scored.
public interface PreScorePlugin extends Plugin {
    /// @return false when this plugin's score has nothing to say about the pod
    boolean preScore(CycleState state, PodInfo pod, List<NodeInfo> nodes);
}
