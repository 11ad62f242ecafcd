package io.jubernetes.serviceproxy.backend;

import io.jubernetes.serviceproxy.rules.RuleSet;

/// Puts rules into force. Used by one thread at a time.
public interface Backend extends AutoCloseable {
    /// What an [#apply] or [#verify] did.
    enum Outcome {
        /// nothing was to be done
        UNCHANGED,
        /// only the difference was written
        PARTIAL,
        /// everything was written anew
        FULL
    }

    /// Makes `rules` the ones in force.
    ///
    /// @throws BackendException when the system refuses; the next call begins anew with all rules
    Outcome apply(RuleSet rules) throws BackendException, InterruptedException;

    /// Looks whether somebody else changed what this backend wrote, and mends it.
    ///
    /// @return [Outcome#FULL] when it had to
    Outcome verify() throws BackendException, InterruptedException;

    /// Stops working. What the kernel does by itself goes on.
    @Override
    default void close() {}
}
