package io.jubernetes.scheduler.framework;

/// Is told that a pod was bound. Runs on the pod's binding thread.
public interface PostBindPlugin extends Plugin {
    void postBind(CycleState state, PodInfo pod, String node);
}
