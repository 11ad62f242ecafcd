package io.jubernetes.apiserver.storage.embedded;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.jubernetes.apiserver.storage.KeyValueStore.Change;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// The last two thousand durable changes, for watches to read without going to the file. The writer publishes, any
/// number of watches read at their own pace; one that is further behind reads the file instead. Thread-safe.
final class RecentChanges {
    private static final int MAX_CHANGES = 2048;
    private static final long MAX_BYTES = 4L << 20;
    private static final int PAGE = 512;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition moved = lock.newCondition();

    /// A ring. Revisions have no gaps, so the change of revision r is at `r % length`.
    @GuardedBy("lock")
    private final @Nullable Change[] ring = new Change[MAX_CHANGES];

    @GuardedBy("lock")
    private long first;

    @GuardedBy("lock")
    private long bytes;

    @GuardedBy("lock")
    private boolean closed;

    private volatile long latest;

    /// @param revision the store's present revision
    RecentChanges(long revision) {
        first = revision + 1;
        latest = revision;
    }

    /// The last durable revision.
    long latest() {
        return latest;
    }

    /// @param changes made durable just now, without a gap after those before
    /// @param compacted changes up to this revision are history, even if they would still be here
    void publish(List<Change> changes, long revision, long compacted) {
        lock.lock();
        try {
            for (Change change : changes) {
                while (change.revision() - first >= MAX_CHANGES) {
                    dropFirst();
                }
                ring[slot(change.revision())] = change;
                bytes += size(change);
            }
            while (bytes > MAX_BYTES && first < revision) {
                dropFirst();
            }
            while (first <= Math.min(compacted, revision)) {
                dropFirst();
            }
            latest = revision;
            moved.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Waits until there are changes after a revision, and returns some.
    ///
    /// @param awake also ends the waiting, checked after each [#wake]
    /// @return null when the changes right after `after` are no longer here; an empty page when woken
    Reader.@Nullable Page await(long after, Duration patience, Wakeup awake) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long nanos = patience.toNanos();
            while (latest <= after && !closed && !awake.isWanted() && nanos > 0) {
                nanos = moved.awaitNanos(nanos);
            }
            if (latest <= after) {
                return new Reader.Page(List.of(), latest);
            }
            if (after + 1 < first) {
                return null;
            }
            long last = Math.min(latest, after + PAGE);
            var page = new ArrayList<Change>((int) (last - after));
            for (long revision = after + 1; revision <= last; revision++) {
                Change change = ring[slot(revision)];
                if (change == null) {
                    throw new IllegalStateException("no change " + revision + " between " + first + " and " + latest);
                }
                page.add(change);
            }
            return new Reader.Page(page, last);
        } finally {
            lock.unlock();
        }
    }

    /// Has all waiting watches look at their [Wakeup].
    void wake() {
        lock.lock();
        try {
            moved.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void close() {
        lock.lock();
        try {
            closed = true;
            moved.signalAll();
        } finally {
            lock.unlock();
        }
    }

    boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void dropFirst() {
        Change gone = ring[slot(first)];
        if (gone != null) {
            bytes -= size(gone);
            ring[slot(first)] = null;
        }
        first++;
    }

    private static int slot(long revision) {
        return (int) (revision % MAX_CHANGES);
    }

    private static long size(Change change) {
        return 100L
                + (change.value() == null ? 0 : change.value().length)
                + (change.previous() == null ? 0 : change.previous().length);
    }

    /// A reason to stop waiting.
    @FunctionalInterface
    interface Wakeup {
        boolean isWanted();
    }
}
