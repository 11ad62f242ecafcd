package io.jubernetes.scheduler.framework;

import java.util.Set;

/// Looks at the pod once before its nodes are filtered.
public interface PreFilterPlugin extends Plugin {
    /// What is known from the pod alone.
    sealed interface Outcome {
        /// Filter all nodes.
        record Proceed() implements Outcome {}

        /// This plugin's filter has nothing to say.
        record Skip() implements Outcome {}

        /// Only these nodes can do.
        record Only(Set<String> nodes) implements Outcome {}

        /// No node will do.
        record Reject(Verdict why) implements Outcome {}
    }

    Outcome preFilter(CycleState state, PodInfo pod, Nodes nodes);
}
