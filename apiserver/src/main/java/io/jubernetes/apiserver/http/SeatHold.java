package io.jubernetes.apiserver.http;

import io.jubernetes.apiserver.flowcontrol.Seats;
import java.util.concurrent.atomic.AtomicInteger;

/// Keeps a request's seats for as long as there is something to do for it: on its thread, and until its answer is sent
/// or the client has gone. A client that goes away early so frees no seats that its request still uses. Thread-safe.
final class SeatHold {
    private static final int USERS = 2; // the thread and the answer

    private final AtomicInteger users = new AtomicInteger(USERS);
    private volatile Seats seats = Seats.NONE;

    /// Called by the request's thread before it is through.
    void take(Seats taken) {
        seats = taken;
    }

    /// The request's thread is through, or its answer is.
    void oneIsThrough() {
        if (users.decrementAndGet() == 0) {
            release();
        }
    }

    /// Gives the seats back early, for a request that goes on without them.
    void release() {
        seats.release();
    }
}
