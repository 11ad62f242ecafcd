package io.jubernetes.scheduler.cycle;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs what must not hold up the scheduling thread, each on a virtual thread. Few of them talk to the API server at
/// a time. Thread-safe.
public final class Calls implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Calls.class);
    private static final int CONCURRENT = 64;

    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("binding-", 0).factory());
    private final Semaphore slots = new Semaphore(CONCURRENT);

    /// Runs a task; it takes a slot itself for what it asks of the API server.
    void start(Runnable task) {
        try {
            threads.execute(task);
        } catch (RejectedExecutionException e) {
            log.debug("closed meanwhile", e);
        }
    }

    /// Runs one call to the API server.
    public void background(Runnable call) {
        start(() -> withSlot(call));
    }

    /// A call that may be interrupted.
    @FunctionalInterface
    interface Blocking {
        void run() throws InterruptedException;
    }

    /// Runs a call on this thread when there is a slot.
    void inSlot(Blocking call) throws InterruptedException {
        slots.acquire();
        try {
            call.run();
        } finally {
            slots.release();
        }
    }

    /// Runs a call on this thread when there is a slot; not at all when the thread is interrupted.
    void withSlot(Runnable call) {
        try {
            inSlot(call::run);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Interrupts everything.
    @Override
    public void close() {
        var _ = threads.shutdownNow();
    }
}
