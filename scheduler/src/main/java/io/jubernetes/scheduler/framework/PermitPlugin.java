package io.jubernetes.scheduler.framework;

import java.time.Duration;

/// Has the last word before binding, and may hold a pod for a while.
public interface PermitPlugin extends Plugin {
    /// The word.
    sealed interface Permission {
        record Allowed() implements Permission {}

        record Refused(String reason) implements Permission {}

        /// Hold the pod until somebody allows it, at most this long.
        record Hold(Duration atMost) implements Permission {}
    }

    Permission permit(CycleState state, PodInfo pod, String node);
}
