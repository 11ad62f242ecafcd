package io.jubernetes.apiserver.watchcache;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.jubernetes.apiserver.storage.KeyValueStore;
import io.jubernetes.apiserver.storage.StoreException;
import io.jubernetes.common.time.Deadline;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// A store whose watch can be cut off and whose listings can be made to fail. Does not own the store it wraps.
final class FaultyStore implements KeyValueStore {
    private final KeyValueStore store;
    private final AtomicInteger rangesToFail = new AtomicInteger();

    @GuardedBy("this")
    private boolean cut;

    @GuardedBy("this")
    private @Nullable Watcher watcher;

    FaultyStore(KeyValueStore store) {
        this.store = store;
    }

    /// Nothing is delivered from now on by a watch that is open.
    synchronized void cut() {
        cut = true;
    }

    /// The watch ends; the next one works.
    void heal() {
        Watcher ended;
        synchronized (this) {
            ended = watcher;
        }
        if (ended != null) {
            ended.onEnd(new StoreException.Unavailable("cut off by the test", null));
        }
    }

    void failRanges(int count) {
        rangesToFail.set(count);
    }

    int rangesLeftToFail() {
        return rangesToFail.get();
    }

    @Override
    public Watch watch(String prefix, long after, Watcher target) {
        synchronized (this) {
            watcher = target;
            cut = false;
        }
        return store.watch(prefix, after, new Watcher() {
            private boolean off;

            @Override
            public void onChanges(List<Change> changes, long upTo) {
                synchronized (FaultyStore.this) {
                    off |= cut; // for good: what was missed must not be followed by more
                    if (!off) {
                        target.onChanges(changes, upTo);
                    }
                }
            }

            @Override
            public void onEnd(StoreException cause) {
                target.onEnd(cause);
            }
        });
    }

    @Override
    public Range range(String from, String to, long revision, int limit, Deadline deadline) {
        if (rangesToFail.getAndUpdate(count -> Math.max(0, count - 1)) > 0) {
            throw new StoreException.Unavailable("made to fail by the test", null);
        }
        return store.range(from, to, revision, limit, deadline);
    }

    @Override
    public Optional<Entry> get(String key, Deadline deadline) {
        return store.get(key, deadline);
    }

    @Override
    public Outcome create(String key, byte[] value, @Nullable Duration ttl, Deadline deadline) {
        return store.create(key, value, ttl, deadline);
    }

    @Override
    public Outcome update(String key, byte[] value, long expected, @Nullable Duration ttl, Deadline deadline) {
        return store.update(key, value, expected, ttl, deadline);
    }

    @Override
    public Outcome delete(String key, long expected, Deadline deadline) {
        return store.delete(key, expected, deadline);
    }

    @Override
    public long revision(Deadline deadline) {
        return store.revision(deadline);
    }

    @Override
    public void compact(long revision, Deadline deadline) {
        store.compact(revision, deadline);
    }

    @Override
    public long sizeInBytes(Deadline deadline) {
        return store.sizeInBytes(deadline);
    }

    @Override
    public void close() {}
}
