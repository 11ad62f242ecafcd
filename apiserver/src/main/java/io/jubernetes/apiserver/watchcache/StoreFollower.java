package io.jubernetes.apiserver.watchcache;

import io.jubernetes.apiserver.storage.KeyValueStore;
import io.jubernetes.apiserver.storage.KeyValueStore.Change;
import io.jubernetes.apiserver.storage.StoreException;
import io.jubernetes.common.time.Deadline;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps the one watch of the store running: a virtual thread that opens it, waits for its end, and opens it
/// again where it ended; or has everything listed anew when that place has been compacted away.
final class StoreFollower implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(StoreFollower.class);
    private static final Duration REVISION_LIMIT = Duration.ofSeconds(10);
    private static final Duration TRIM_INTERVAL = Duration.ofSeconds(30);

    private final KeyValueStore store;
    private final String prefix;
    private final WatchCaches caches;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread thread =
            Thread.ofVirtual().name("watch-cache-follower").unstarted(this::run);
    private volatile KeyValueStore.@Nullable Watch watch;

    StoreFollower(KeyValueStore store, String prefix, WatchCaches caches) {
        this.store = store;
        this.prefix = prefix;
        this.caches = caches;
    }

    void start() {
        thread.start();
    }

    void requestProgress() {
        KeyValueStore.Watch present = watch;
        if (present != null) {
            present.requestProgress();
        }
    }

    /// Waits, but not longer than until [#close].
    void pause(Duration duration) {
        try {
            if (closed.await(duration.toNanos(), TimeUnit.NANOSECONDS)) {
                log.debug("Closed while waiting");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        var backoff = new Backoff();
        boolean listed = false;
        while (closed.getCount() > 0) {
            try {
                long from = caches.revision();
                if (!listed) {
                    long present = store.revision(Deadline.in(REVISION_LIMIT));
                    from = oldestReadable(present);
                    caches.beginAt(from, present);
                    listed = true;
                }
                StoreException end = follow(from);
                if (caches.revision() > from) {
                    backoff.reset();
                }
                if (end instanceof StoreException.Closed) {
                    return;
                }
                listed = !(end instanceof StoreException.Compacted);
                log.warn("The watch of the store ended after revision {}: {}", caches.revision(), end.getMessage());
            } catch (StoreException e) {
                listed &= !(e instanceof StoreException.Compacted);
                log.warn("The store cannot be watched, to be tried again: {}", e.getMessage());
            } catch (InterruptedException e) {
                return; // close() was called
            }
            pause(backoff.next());
        }
    }

    /// The oldest revision from which the caches could begin: not compacted, and no more changes ago than a cache
    /// keeps.
    private long oldestReadable(long present) {
        long low = Math.max(1, present - caches.settings().windowSize());
        long high = present;
        while (low < high) {
            long middle = (low + high) >>> 1;
            if (isReadable(middle)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return high;
    }

    private boolean isReadable(long revision) {
        try {
            store.range(prefix, KeyValueStore.endOf(prefix), revision, 1, Deadline.in(REVISION_LIMIT));
            return true;
        } catch (StoreException.Compacted e) {
            return false;
        }
    }

    /// @return why the watch ended
    private StoreException follow(long from) throws InterruptedException {
        var end = new CompletableFuture<StoreException>();
        try (KeyValueStore.Watch opened = store.watch(prefix, from, new Feeding(end))) {
            watch = opened;
            while (true) {
                try {
                    return end.get(TRIM_INTERVAL.toSeconds(), TimeUnit.SECONDS);
                } catch (TimeoutException e) {
                    caches.trim();
                } catch (ExecutionException e) {
                    throw new AssertionError("never completed with an exception", e);
                }
            }
        } finally {
            watch = null;
        }
    }

    @Override
    public void close() {
        closed.countDown();
        thread.interrupt();
        KeyValueStore.Watch present = watch;
        if (present != null) {
            present.close();
        }
    }

    /// Hands on what the watch delivers.
    private final class Feeding implements KeyValueStore.Watcher {
        private final CompletableFuture<StoreException> end;

        Feeding(CompletableFuture<StoreException> end) {
            this.end = end;
        }

        @Override
        public void onChanges(List<Change> changes, long upTo) {
            caches.apply(changes, upTo);
        }

        @Override
        public void onEnd(StoreException cause) {
            end.complete(cause);
        }
    }
}
