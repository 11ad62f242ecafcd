package io.jubernetes.apiserver.flowcontrol;

/// The part of the server that a request takes while it is carried out. Thread-safe.
@FunctionalInterface
public interface Seats {
    /// Of requests that nobody counts.
    Seats NONE = () -> {};

    /// Gives them back. Only the first call counts.
    void release();
}
