package io.jubernetes.apiserver.storage.embedded;

import io.jubernetes.apiserver.storage.StoreException;
import io.jubernetes.common.time.Deadline;
import java.sql.SQLException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A few reading connections, each used by one platform thread at a time: a virtual thread inside SQLite would
/// hold up its carrier, and with it all other virtual threads. Thread-safe.
final class Readers implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Readers.class);
    private static final int WAITING_READS = 1024;

    private final Database database;
    private final BlockingQueue<Reader> idle;
    private final ThreadPoolExecutor threads;

    Readers(Database database, int count) throws SQLException {
        this.database = database;
        idle = new ArrayBlockingQueue<>(count);
        try {
            for (int i = 0; i < count; i++) {
                idle.add(new Reader(database.openReader()));
            }
        } catch (SQLException e) {
            closeIdle();
            throw e;
        }
        threads = new ThreadPoolExecutor(
                count,
                count,
                30,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(WAITING_READS),
                Thread.ofPlatform().daemon().name("store-reader-", 0).factory());
        threads.allowCoreThreadTimeOut(true);
    }

    /// A question to one reader.
    @FunctionalInterface
    interface Query<T> {
        T run(Reader reader) throws SQLException;
    }

    <T> T read(Query<T> query, Deadline deadline) {
        var answer = new CompletableFuture<T>();
        try {
            threads.execute(() -> answer(query, answer));
        } catch (RejectedExecutionException e) {
            throw threads.isShutdown()
                    ? new StoreException.Closed()
                    : new StoreException.Unavailable("too many reads are waiting", e);
        }
        return Waiting.result(answer, deadline);
    }

    int waiting() {
        return threads.getQueue().size();
    }

    private <T> void answer(Query<T> query, CompletableFuture<T> answer) {
        if (answer.isDone()) {
            return; // the caller gave up while this was queued
        }
        Reader reader = idle.remove(); // as many readers as threads: there is one
        try {
            answer.complete(query.run(reader));
        } catch (SQLException e) {
            answer.completeExceptionally(Failures.of(e, database.file()));
        } catch (RuntimeException e) {
            answer.completeExceptionally(e);
        } finally {
            idle.add(reader);
        }
    }

    @Override
    public void close() {
        threads.shutdown();
        try {
            if (!threads.awaitTermination(10, TimeUnit.SECONDS)) {
                log.warn("A read of the store did not end in 10 s; its connection is left open");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        closeIdle();
    }

    private void closeIdle() {
        for (Reader reader = idle.poll(); reader != null; reader = idle.poll()) {
            try {
                reader.close();
            } catch (SQLException e) {
                log.warn("Closing a reading connection of the store failed", e);
            }
        }
    }
}
