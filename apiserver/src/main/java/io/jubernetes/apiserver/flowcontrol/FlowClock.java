package io.jubernetes.apiserver.flowcontrol;

import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// The time as the queues see it.
interface FlowClock {
    FlowClock SYSTEM = new FlowClock() {
        @Override
        public long nanos() {
            return System.nanoTime();
        }

        @Override
        public Instant now() {
            return Instant.now();
        }

        @Override
        public void after(long nanos, Runnable action) {
            CompletableFuture.delayedExecutor(nanos, TimeUnit.NANOSECONDS).execute(action);
        }
    };

    /// A count that only grows, from anywhere.
    long nanos();

    Instant now();

    /// Has something short done later, by any thread.
    void after(long nanos, Runnable action);
}
