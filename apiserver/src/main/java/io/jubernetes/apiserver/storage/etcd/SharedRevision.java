package io.jubernetes.apiserver.storage.etcd;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.jubernetes.apiserver.storage.StoreException;
import io.jubernetes.common.time.Deadline;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Asks for the store's revision on behalf of many readers at once. An answer is good for whoever asked before the
/// question was sent: those who come while one is under way share the next. Thread-safe.
final class SharedRevision {
    private final LongSupplier question;

    @GuardedBy("this")
    private @Nullable CompletableFuture<Long> next;

    @GuardedBy("this")
    private boolean asking;

    SharedRevision(LongSupplier question) {
        this.question = question;
    }

    long get(Deadline deadline) {
        CompletableFuture<Long> answer = join();
        try {
            return answer.get(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof StoreException failure
                    ? failure
                    : new StoreException.Unavailable("cannot read etcd's revision", e.getCause());
        } catch (TimeoutException e) {
            throw new StoreException.Unavailable("etcd did not answer in time", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreException.Unavailable("interrupted while waiting for etcd", e);
        }
    }

    private synchronized CompletableFuture<Long> join() {
        CompletableFuture<Long> answer = next == null ? new CompletableFuture<>() : next;
        next = answer;
        if (!asking) {
            asking = true;
            Thread.ofVirtual().name("etcd-revision").start(this::ask);
        }
        return answer;
    }

    private void ask() {
        for (CompletableFuture<Long> answer = take(); answer != null; answer = take()) {
            try {
                answer.complete(question.getAsLong());
            } catch (RuntimeException e) {
                answer.completeExceptionally(e);
            }
        }
    }

    private synchronized @Nullable CompletableFuture<Long> take() {
        CompletableFuture<Long> taken = next;
        next = null;
        asking = taken != null;
        return taken;
    }
}
