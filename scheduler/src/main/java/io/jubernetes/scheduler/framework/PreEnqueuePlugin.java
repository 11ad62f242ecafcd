package io.jubernetes.scheduler.framework;

/// Keeps pods from being tried at all.
public interface PreEnqueuePlugin extends Plugin {
    /// Whether the pod may be scheduled; one that may not waits until it changes.
    boolean mayEnter(PodInfo pod);
}
