package io.jubernetes.serviceproxy.sync;

import io.jubernetes.serviceproxy.backend.Backend.Outcome;
import io.jubernetes.serviceproxy.backend.BackendException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One thread that does a round of work whenever something changed, with a pause before it in which more changes
/// collect, and looks after its work now and then. A round that fails is tried again, later each time. Thread-safe.
public final class SyncLoop implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(SyncLoop.class);
    private static final Duration FIRST_RETRY = Duration.ofMillis(500);
    private static final Duration LAST_RETRY = Duration.ofSeconds(30);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(10);

    /// What is done; called by the loop's thread alone.
    public interface Work {
        /// Brings the system to where it should be now.
        ///
        /// @throws BackendException when the system refuses; the call is repeated
        Outcome sync() throws BackendException, InterruptedException;

        /// Looks whether the system is still where it was brought, and mends it.
        Outcome verify() throws BackendException, InterruptedException;
    }

    /// Hears how the rounds go.
    public interface Observer {
        /// A round begins that takes care of every change so far.
        void started();

        void succeeded(Outcome outcome, Duration duration);

        void failed(String reason);
    }

    /// Hears nothing; failures are in the loop's own log.
    public static final Observer SILENT = new Observer() {
        @Override
        public void started() {
            // Nothing to tell.
        }

        @Override
        public void succeeded(Outcome outcome, Duration duration) {
            // Nothing to tell.
        }

        @Override
        public void failed(String reason) {
            // Nothing to tell.
        }
    };

    /// @param minPeriod the pause before a round
    /// @param verifyPeriod how long nothing may change before a look at the system
    public record Periods(Duration minPeriod, Duration verifyPeriod) {}

    @FunctionalInterface
    private interface Round {
        Outcome run() throws BackendException, InterruptedException;
    }

    private final String name;
    private final Periods periods;
    private final Work work;
    private final Observer observer;
    private final Thread thread;
    private boolean changed = true; // guarded by this

    /// @param name for the thread and the log
    public SyncLoop(String name, Periods periods, Work work, Observer observer) {
        this.name = name;
        this.periods = periods;
        this.work = work;
        this.observer = observer;
        this.thread = Thread.ofVirtual().name(name).unstarted(this::run);
    }

    /// Begins with a round at once.
    public void start() {
        thread.start();
    }

    /// Says that a round is due.
    public synchronized void changed() {
        if (!changed) {
            changed = true;
            notifyAll();
        }
    }

    private synchronized boolean awaitChange(long deadline) throws InterruptedException {
        while (!changed) {
            long left = Duration.ofNanos(deadline - System.nanoTime()).toMillis();
            if (left <= 0) {
                return false;
            }
            wait(left);
        }
        return true;
    }

    private synchronized void taken() {
        changed = false;
    }

    private void run() {
        try {
            untilDone(this::sync);
            log.info("{}: everything is in force", name);
            long verifyAt = System.nanoTime() + periods.verifyPeriod().toNanos();
            while (!Thread.currentThread().isInterrupted()) {
                if (awaitChange(verifyAt)) {
                    Thread.sleep(periods.minPeriod());
                    untilDone(this::sync);
                } else {
                    untilDone(work::verify);
                    verifyAt = System.nanoTime() + periods.verifyPeriod().toNanos();
                }
            }
        } catch (InterruptedException _) {
            // close() was called
        } catch (RuntimeException e) {
            log.error("{} has stopped working", name, e);
            observer.failed(name + " has stopped working: " + e.getMessage());
        }
    }

    private Outcome sync() throws BackendException, InterruptedException {
        taken();
        return work.sync();
    }

    private void untilDone(Round round) throws InterruptedException {
        Duration wait = FIRST_RETRY;
        while (true) {
            long start = System.nanoTime();
            try {
                observer.started();
                Outcome outcome = round.run();
                observer.succeeded(outcome, Duration.ofNanos(System.nanoTime() - start));
                return;
            } catch (BackendException e) {
                observer.failed(String.valueOf(e.getMessage()));
                log.warn("{}: trying again in {} ms: {}", name, wait.toMillis(), e.getMessage());
            }
            Thread.sleep(wait.plusMillis(ThreadLocalRandom.current().nextLong(wait.toMillis() / 4 + 1)));
            wait = wait.multipliedBy(2).compareTo(LAST_RETRY) < 0 ? wait.multipliedBy(2) : LAST_RETRY;
        }
    }

    /// Stops working and leaves the system as it is.
    @Override
    public void close() {
        thread.interrupt();
        try {
            if (thread.getState() != Thread.State.NEW && !thread.join(STOP_LIMIT)) {
                log.warn("{} did not stop in time", name);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
