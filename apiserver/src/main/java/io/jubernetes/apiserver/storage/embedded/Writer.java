package io.jubernetes.apiserver.storage.embedded;

import io.jubernetes.apiserver.storage.KeyValueStore.Change;
import io.jubernetes.apiserver.storage.StoreException;
import io.jubernetes.common.time.Deadline;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The thread that makes all changes. It takes every request that is waiting, makes their changes in one
/// transaction, syncs once, publishes them to the watches, and only then answers: while one group is being
/// synced the next one gathers, so that the rate of changes does not depend on the disk's sync time alone.
final class Writer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Writer.class);
    private static final int WAITING_REQUESTS = 8192;
    private static final int GROUP = 1024;

    private final Transaction transaction;
    private final RecentChanges recent;
    private final Maintenance maintenance;
    private final Path file;
    private final BlockingQueue<Request<?>> inbox = new ArrayBlockingQueue<>(WAITING_REQUESTS);
    private final Thread thread =
            Thread.ofPlatform().daemon().name("store-writer").unstarted(this::run);
    private final LongAdder commits = new LongAdder();
    private volatile boolean closing;
    private volatile @Nullable StoreException fatal;

    Writer(Transaction transaction, RecentChanges recent, Maintenance maintenance, Path file) {
        this.transaction = transaction;
        this.recent = recent;
        this.maintenance = maintenance;
        this.file = file;
    }

    void start() {
        thread.start();
    }

    /// What a request does, on the writer's thread and inside a transaction; done again when the group had to be
    /// undone.
    @FunctionalInterface
    interface Action<T> {
        T run(Transaction transaction) throws SQLException;
    }

    /// Has the action done, and waits until its changes are durable.
    <T> T write(Action<T> action, Deadline deadline) {
        var request = new Request<T>(action);
        submit(request, deadline);
        if (closing) {
            request.fail(new StoreException.Closed()); // the thread may be gone; harmless when it is not
        }
        return Waiting.result(request.answer, deadline);
    }

    int waiting() {
        return inbox.size();
    }

    long commits() {
        return commits.sum();
    }

    private void submit(Request<?> request, Deadline deadline) {
        StoreException failed = fatal;
        if (failed != null) {
            throw failed;
        }
        if (closing) {
            throw new StoreException.Closed();
        }
        try {
            if (!inbox.offer(request, deadline.remaining().toNanos(), TimeUnit.NANOSECONDS)) {
                throw new StoreException.Unavailable("too many changes are waiting", null);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreException.Unavailable("interrupted while waiting for the store", e);
        }
    }

    private void run() {
        var group = new ArrayList<Request<?>>(GROUP);
        while (!closing) {
            try {
                Request<?> first = inbox.poll(pause().toNanos(), TimeUnit.NANOSECONDS);
                if (first != null) {
                    group.add(first);
                    inbox.drainTo(group, GROUP - 1);
                    commit(group);
                }
                if (fatal == null) {
                    maintain();
                }
            } catch (InterruptedException e) {
                // close() was called; the loop's condition says so
            } catch (RuntimeException e) {
                log.error("The store's writer failed on a request", e);
                transaction.rollback();
                failAll(group, new StoreException.Unavailable("the store failed: " + e, e));
            }
            group.clear();
        }
        inbox.drainTo(group);
        failAll(group, new StoreException.Closed());
    }

    private Duration pause() {
        return fatal == null ? maintenance.pause() : Maintenance.TICK;
    }

    private void commit(List<Request<?>> group) {
        try {
            commitTogether(group);
        } catch (SQLException e) {
            transaction.rollback();
            StoreException failure = Failures.of(e, file);
            if (Failures.isFatal(e)) {
                fatal = failure;
                log.error("The store takes no more changes: {}", failure.getMessage());
            }
            if (group.size() == 1 || fatal != null) {
                failAll(group, failure);
            } else {
                group.forEach(request -> commit(List.of(request))); // one may be at fault: the others need not suffer
            }
        }
    }

    private void commitTogether(List<Request<?>> group) throws SQLException {
        transaction.begin();
        for (Request<?> request : group) {
            request.run(transaction);
        }
        publish(transaction.commit());
        commits.increment();
        group.forEach(Request::succeed);
    }

    private void maintain() {
        try {
            maintenance.run(transaction, this::publish);
        } catch (SQLException e) {
            transaction.rollback();
            maintenance.postpone();
            StoreException failure = Failures.of(e, file);
            if (Failures.isFatal(e)) {
                fatal = failure;
            }
            log.error("Maintenance of the store failed, to be tried again: {}", failure.getMessage());
        }
    }

    private void publish(List<Change> changes) {
        recent.publish(changes, transaction.committedRevision(), transaction.committedCompacted());
    }

    private static void failAll(List<Request<?>> group, StoreException failure) {
        group.forEach(request -> request.fail(failure));
    }

    /// Ends the thread after the group it is at, and closes the connection.
    @Override
    public void close() {
        closing = true;
        thread.interrupt();
        try {
            if (!thread.join(Duration.ofSeconds(30))) {
                log.error("The store's writer did not end in 30 s");
                return;
            }
            transaction.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (SQLException e) {
            log.warn("Closing the store failed", e);
        }
    }

    /// One caller's action, its result while the transaction is open, and the answer the caller waits for.
    private static final class Request<T> {
        private final Action<T> action;
        private final CompletableFuture<T> answer = new CompletableFuture<>();
        private @Nullable T result;
        private @Nullable StoreException refusal;

        Request(Action<T> action) {
            this.action = action;
        }

        void run(Transaction transaction) throws SQLException {
            if (answer.isDone()) {
                return; // the caller gave up before anything was done
            }
            try {
                result = action.run(transaction);
            } catch (StoreException e) {
                refusal = e; // thrown before any change; does not touch the rest of the group
            }
        }

        void succeed() {
            if (refusal != null) {
                answer.completeExceptionally(refusal);
            } else {
                answer.complete(result);
            }
        }

        void fail(StoreException failure) {
            answer.completeExceptionally(failure);
        }
    }
}
