package io.jubernetes.apiserver.watchcache;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.jubernetes.apiserver.storage.StoreException;
import io.jubernetes.common.time.Deadline;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/// Where readers wait for the caches to reach a revision. Only those whose revision has come are woken.
/// Thread-safe.
final class RevisionGate {
    @GuardedBy("this")
    private final PriorityQueue<Waiter> waiters = new PriorityQueue<>(Comparator.comparingLong(Waiter::revision));

    private volatile int waiting;

    /// Waits until the condition holds.
    ///
    /// @param revision look at the condition again when this is passed to [#release]
    /// @return whether it does; false when the deadline came first
    boolean await(long revision, BooleanSupplier condition, Deadline deadline) {
        while (!condition.getAsBoolean()) {
            var waiter = new Waiter(revision, Thread.currentThread());
            add(waiter);
            try {
                // Again, now that nobody can advance without seeing the waiter.
                if (!condition.getAsBoolean()) {
                    LockSupport.parkNanos(this, deadline.remaining().toNanos());
                }
            } finally {
                remove(waiter);
            }
            if (Thread.interrupted()) {
                Thread.currentThread().interrupt();
                throw new StoreException.Unavailable("interrupted while waiting for the watch cache", null);
            }
            if (deadline.isOver()) {
                return condition.getAsBoolean();
            }
        }
        return true;
    }

    /// Wakes those who wait for this revision or an earlier one.
    void release(long revision) {
        if (waiting == 0) {
            return;
        }
        synchronized (this) {
            for (Waiter first = waiters.peek(); first != null && first.revision <= revision; first = waiters.peek()) {
                waiters.remove();
                LockSupport.unpark(first.thread);
            }
            waiting = waiters.size();
        }
    }

    private synchronized void add(Waiter waiter) {
        waiters.add(waiter);
        waiting = waiters.size();
    }

    private synchronized void remove(Waiter waiter) {
        waiters.remove(waiter);
        waiting = waiters.size();
    }

    /// Compared by identity in effect: a thread waits once at a time.
    private record Waiter(long revision, Thread thread) {}
}
