package io.jubernetes.scheduler.framework;

import io.jubernetes.common.time.Deadline;

/// Binds a pod to its node. Runs on the pod's binding thread.
public interface BindPlugin extends Plugin {
    /// @return false to leave the pod to the next bind plugin
    /// @throws RuntimeException when binding failed; the pod is tried again after a back-off
    boolean bind(CycleState state, PodInfo pod, String node, Deadline deadline) throws InterruptedException;
}
