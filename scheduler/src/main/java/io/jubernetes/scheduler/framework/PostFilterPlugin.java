package io.jubernetes.scheduler.framework;

import java.util.Map;

/// Tries to make room after no node fitted.
public interface PostFilterPlugin extends Plugin {
    /// What came of it.
    sealed interface Outcome {
        /// The pod is to be tried on this node soon, once the room there is made.
        record Nominated(String node, String message) implements Outcome {}

        /// Nothing to be done; the message joins the explanation.
        record NoHelp(String message) implements Outcome {}
    }

    /// @param verdicts why each node did not fit
    Outcome postFilter(CycleState state, PodInfo pod, Map<NodeInfo, Verdict> verdicts);
}
