package io.jubernetes.scheduler.cycle;

import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What other threads have to tell the scheduling thread. Bounded: a scheduler that is behind slows its informers.
/// Thread-safe.
public final class Inbox {
    private static final Logger log = LoggerFactory.getLogger(Inbox.class);
    private static final int SIZE = 8192;

    private final BlockingQueue<Runnable> messages = new ArrayBlockingQueue<>(SIZE);
    private volatile boolean closed;

    /// Has something run on the scheduling thread; waits while the inbox is full.
    public void post(Runnable message) {
        try {
            while (!closed && !messages.offer(message, 1, TimeUnit.SECONDS)) {
                log.debug("the scheduling loop is behind");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Runs what is there.
    ///
    /// @return whether anything was
    boolean drain() {
        boolean any = false;
        for (Runnable message = messages.poll(); message != null; message = messages.poll()) {
            run(message);
            any = true;
        }
        return any;
    }

    /// Waits for one message and runs it.
    void await(Duration atMost) throws InterruptedException {
        @Nullable Runnable message = messages.poll(atMost.toMillis() + 1, TimeUnit.MILLISECONDS);
        if (message != null) {
            run(message);
        }
    }

    void close() {
        closed = true;
    }

    private static void run(Runnable message) {
        try {
            message.run();
        } catch (RuntimeException e) {
            log.error("an event could not be taken in", e);
        }
    }
}
