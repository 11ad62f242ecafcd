package io.jubernetes.scheduler.framework;

/// Tries to make room after no node fitted.
public interface PostFilterPlugin extends Plugin {
    /// What came of it.
    sealed interface Outcome {
        /// The pod is to be tried on this node soon, once the room there is made.
        record Nominated(String node) implements Outcome {}

        /// Nothing to be done; the message joins the explanation.
        ///
        /// @param keepsNomination whether the pod still waits for the node it was nominated for
        record NoHelp(String message, boolean keepsNomination) implements Outcome {}
    }

    /// @param diagnosis why each node did not fit
    /// @param whatIf tries the pod with other pods gone
    Outcome postFilter(CycleState state, PodInfo pod, Diagnosis diagnosis, WhatIf whatIf);
}
