package io.jubernetes.apiserver.bootstrap;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Does something every so often on a virtual thread of its own until it is closed. A failure is logged,
/// and the next turn tries again.
final class Repeating implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Repeating.class);
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final String name;
    private final Duration pause;
    private final Runnable turn;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread thread;

    /// @param name what is done, for logs
    /// @param pause between two turns; up to a tenth is added, so that several servers do not move in step
    Repeating(String name, Duration pause, Runnable turn) {
        this.name = name;
        this.pause = pause;
        this.turn = turn;
        this.thread = Thread.ofVirtual().name(name).unstarted(this::run);
    }

    /// The first turn is now.
    void start() {
        thread.start();
    }

    private void run() {
        try {
            do {
                try {
                    turn.run();
                } catch (RuntimeException e) {
                    LOG.warn("{} failed, trying again later: {}", name, e.getMessage());
                }
            } while (!closed.await(
                    pause.toMillis() + ThreadLocalRandom.current().nextLong(pause.toMillis() / 10),
                    TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Lets the turn that is going on end; there is none afterwards.
    @Override
    public void close() {
        closed.countDown();
        try {
            if (thread.isAlive() && !thread.join(PATIENCE)) {
                LOG.warn("{} does not end", name);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
