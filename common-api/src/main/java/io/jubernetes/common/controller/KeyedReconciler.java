package io.jubernetes.common.controller;

import io.jubernetes.common.time.Deadline;
import java.time.Duration;

/// Brings what a key names closer to its desired state. Level-based: it looks at what is, not at what happened,
/// so it may be called at any time and any number of times. Calls for one key never overlap; calls for
/// different keys do.
///
/// @param <K> a value with `equals` and `hashCode`; nearly always an object key, see [Reconciler]
@FunctionalInterface
public interface KeyedReconciler<K> {
    /// Does one round for `key`.
    ///
    /// @param deadline by when the round should have ended
    /// @throws RuntimeException when the round failed: logged once, tried again after a back-off
    Result reconcile(K key, Deadline deadline) throws InterruptedException;

    /// What a round says about the next one.
    sealed interface Result {
        /// Nothing left to do until something changes.
        record Done() implements Result {}

        /// To be called again after a while even if nothing changes.
        record Again(Duration after) implements Result {}

        /// Cannot go on until the object changes; the reconciler has told the user by a condition or an event.
        record Stuck(String reason) implements Result {}

        /// The one [Done].
        Result DONE = new Done();

        static Result done() {
            return DONE;
        }

        static Result again(Duration after) {
            return new Again(after);
        }

        static Result stuck(String reason) {
            return new Stuck(reason);
        }
    }
}
