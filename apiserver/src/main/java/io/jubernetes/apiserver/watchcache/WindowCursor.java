package io.jubernetes.apiserver.watchcache;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.jubernetes.apiserver.storage.StoreException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// A cursor is idle when it has seen every event for it. An idle one needs no place in the window: the cache's
/// thread gives it a new one, the number of the next event for it, and wakes it. So a watcher of a quiet
/// namespace neither does anything nor falls out of the window, however much happens in the others.
final class WindowCursor implements Cursor {
    private final String prefix;
    private final boolean wholeKey;
    private final long after;
    private final EventWindow window;
    private final LongSupplier cacheRevision;
    private final CursorGroups groups;
    private final CacheMetrics metrics;

    private long position; // the polling thread only
    private volatile long polled; // all up to this revision were returned
    private volatile @Nullable Runnable signal;

    @GuardedBy("this")
    private boolean idle;

    @GuardedBy("this")
    private long nextForThis;

    @GuardedBy("this")
    private @Nullable StoreException failure;

    @GuardedBy("this")
    private boolean closed;

    @GuardedBy("this")
    private long seen;

    /// @param prefix ends in a slash, or is a whole key
    /// @param after only events of greater revisions
    /// @param cacheRevision every cursor has been told of all events up to it
    WindowCursor(
            String prefix,
            long after,
            EventWindow window,
            LongSupplier cacheRevision,
            CursorGroups groups,
            CacheMetrics metrics) {
        this.prefix = prefix;
        this.after = after;
        this.window = window;
        this.cacheRevision = cacheRevision;
        this.groups = groups;
        this.metrics = metrics;
        wholeKey = !prefix.endsWith("/");
        seen = after;
        position = window.firstAfter(after);
    }

    String prefix() {
        return prefix;
    }

    @Override
    public @Nullable WatchEvent poll() {
        synchronized (this) {
            if (failure != null) {
                throw failure;
            }
            if (idle || closed) {
                return null;
            }
            position = Math.max(position, nextForThis);
        }
        while (true) {
            long head = window.head();
            while (position < head) {
                EventWindow.Slot slot = window.read(position);
                if (slot == null) {
                    throw tooSlow();
                }
                position++;
                if (slot.event().revision() > after && matches(slot.key())) {
                    polled = slot.event().revision() - 1; // the next event may be of the same revision
                    return slot.event();
                }
            }
            synchronized (this) {
                if (window.head() == head) {
                    idle = true;
                    return null;
                }
            }
        }
    }

    private StoreException tooSlow() {
        var cause = new StoreException.Compacted(Math.max(after, cacheRevision.getAsLong()));
        fail(cause);
        metrics.terminated();
        return cause;
    }

    private boolean matches(String key) {
        return wholeKey ? key.equals(prefix) : key.startsWith(prefix);
    }

    /// Tells of an event for this cursor that has been appended to the window.
    ///
    /// @return whether [#wake] has to be called
    synchronized boolean tell(long number) {
        if (!idle) {
            return false;
        }
        idle = false;
        nextForThis = number;
        return true;
    }

    void wake() {
        Runnable present = signal;
        if (present != null) {
            present.run();
        }
    }

    /// Ends the cursor. A second failure changes nothing.
    void fail(StoreException cause) {
        synchronized (this) {
            if (failure != null || closed) {
                return;
            }
            failure = cause;
            idle = false;
        }
        groups.remove(this);
        wake();
    }

    @Override
    public void onAvailable(Runnable newSignal) {
        signal = newSignal;
        boolean something;
        synchronized (this) {
            something = !idle;
        }
        if (something) {
            newSignal.run();
        }
    }

    @Override
    public long revision() {
        // Read before `idle`: whoever is idle after that has seen all events up to it.
        long reached = cacheRevision.getAsLong();
        synchronized (this) {
            seen = Math.max(seen, idle ? Math.max(polled, reached) : polled);
            return seen;
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        groups.remove(this);
    }
}
