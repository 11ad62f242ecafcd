package io.jubernetes.apiserver.watchcache;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.jubernetes.apiserver.storage.ForwardingStore;
import io.jubernetes.apiserver.storage.KeyValueStore;
import io.jubernetes.apiserver.storage.StoreException;
import io.jubernetes.common.time.Deadline;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// A store whose watch can be cut off and whose listings can be made to fail. Does not own the store it wraps.
final class FaultyStore extends ForwardingStore {
    private final AtomicInteger rangesToFail = new AtomicInteger();

    @GuardedBy("this")
    private boolean cut;

    @GuardedBy("this")
    private @Nullable Watcher watcher;

    FaultyStore(KeyValueStore store) {
        super(store);
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
        return super.watch(prefix, after, new Watcher() {
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
        return super.range(from, to, revision, limit, deadline);
    }

    @Override
    public void close() {}
}
