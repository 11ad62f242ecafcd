package io.jubernetes.common.component;

/// A service that has been started in this JVM. Thread-safe.
public interface RunningComponent extends AutoCloseable {
    /// The service's name as in `jube run NAME`.
    String name();

    /// Stops the service: takes no new work, finishes or abandons what it does within its own deadline, frees
    /// its ports. Calling it again does nothing.
    @Override
    void close();
}
