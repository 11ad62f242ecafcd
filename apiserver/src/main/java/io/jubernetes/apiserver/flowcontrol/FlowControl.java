package io.jubernetes.apiserver.flowcontrol;

import java.util.Optional;

/// Decides when a request may be carried out. Thread-safe.
public interface FlowControl {
    /// Waits until the request may be carried out, or may not. Blocks the calling thread, at most for the request's
    /// patience.
    ///
    /// @throws InterruptedException when the client has gone away meanwhile; the request holds no seats then
    Turn admit(Arrival arrival) throws InterruptedException;

    /// The text of a page below `/debug/api_priority_and_fairness/`; empty when there is no such page.
    ///
    /// @param page such as `dump_queues`
    /// @param details whether to name what each request asks for
    Optional<String> dump(String page, boolean details);
}
