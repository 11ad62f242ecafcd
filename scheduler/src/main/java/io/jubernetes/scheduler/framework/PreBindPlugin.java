package io.jubernetes.scheduler.framework;

import io.jubernetes.common.time.Deadline;

/// Does what must be done before a pod is bound, such as providing a volume. Runs on the pod's binding thread.
public interface PreBindPlugin extends Plugin {
    /// @throws RuntimeException when the pod cannot be bound; it is tried again after a back-off
    void preBind(CycleState state, PodInfo pod, String node, Deadline deadline) throws InterruptedException;
}
