package io.jubernetes.scheduler.framework;

/// The pods that a [PermitPlugin] holds between reservation and binding. Thread-safe.
public interface HeldPods {
    boolean contains(String uid);

    /// Lets a held pod be bound.
    void allow(String uid);

    /// Sends a held pod back to the queue.
    void refuse(String uid, String reason);
}
