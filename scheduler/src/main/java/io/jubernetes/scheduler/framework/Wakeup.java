package io.jubernetes.scheduler.framework;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/// An event that may help the pods a plugin turned down.
///
/// @param resource what changes
/// @param actions how it changes
/// @param hint looks closer whether this very change helps this very pod
public record Wakeup(ClusterEvent.Resource resource, Set<ClusterEvent.Action> actions, Hint hint) {
    /// Decides whether a change helps a pod; it may say yes too often, never too seldom.
    @FunctionalInterface
    public interface Hint {
        /// @param before the object before the change, null when it is new
        /// @param after the object after the change, null when it is gone
        boolean helps(PodInfo pod, @Nullable Object before, @Nullable Object after);
    }

    public static Wakeup on(ClusterEvent.Resource resource, Set<ClusterEvent.Action> actions) {
        return new Wakeup(resource, actions, (_, _, _) -> true);
    }
}
