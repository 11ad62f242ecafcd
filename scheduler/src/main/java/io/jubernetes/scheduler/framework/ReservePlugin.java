package io.jubernetes.scheduler.framework;

/// Sets aside what a pod will use on its node, before the binding that may still fail.
public interface ReservePlugin extends Plugin {
    Verdict reserve(CycleState state, PodInfo pod, String node);

    /// Gives it back; also called when [#reserve] of this or a later plugin failed, so it must not mind.
    void unreserve(CycleState state, PodInfo pod, String node);
}
