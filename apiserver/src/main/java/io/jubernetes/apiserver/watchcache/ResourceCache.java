package io.jubernetes.apiserver.watchcache;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.jubernetes.apiserver.storage.KeyValueStore.Change;
import io.jubernetes.apiserver.storage.StoreException;
import io.jubernetes.common.time.Deadline;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One resource's objects and events. Thread-safe: any thread reads, [WatchCaches] alone changes it, one thread
/// at a time, under its lock.
///
/// The order in which a change becomes visible matters: first the event is in the window, then every cursor it
/// concerns knows, then the snapshot has it, then the revision all caches have reached moves on. So a cursor
/// that knows of nothing new has seen everything up to that revision, and a snapshot may be given that revision
/// as its own.
public final class ResourceCache implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ResourceCache.class);
    private static final AtomicReferenceFieldUpdater<ResourceCache, Snapshot> CURRENT =
            AtomicReferenceFieldUpdater.newUpdater(ResourceCache.class, Snapshot.class, "current");
    private static final Duration CATCH_UP = Duration.ofMillis(50);

    private final String name;
    private final String prefix;
    private final ObjectIndexer indexer;
    private final WatchCaches caches;
    private final WatchCaches.Settings settings;
    private final CacheMetrics metrics;

    private volatile Snapshot current = new Snapshot(SortedEntries.EMPTY, 0);
    private final CursorGroups cursors = new CursorGroups();
    private volatile boolean loaded; // at least once
    private volatile boolean loading = true;

    /// The keys whose stored values cannot be read.
    private final ConcurrentSkipListSet<String> unreadable = new ConcurrentSkipListSet<>();

    private final Object windowLock = new Object();

    @GuardedBy("windowLock")
    private @Nullable EventWindow window;

    @GuardedBy("windowLock")
    private boolean closed;

    ResourceCache(String name, String prefix, ObjectIndexer indexer, WatchCaches caches) {
        this.name = name;
        this.prefix = prefix;
        this.indexer = indexer;
        this.caches = caches;
        settings = caches.settings();
        metrics = new CacheMetrics(settings.meters(), this);
    }

    public String name() {
        return name;
    }

    /// What all its keys start with.
    public String prefix() {
        return prefix;
    }

    /// The first key from a prefix on, and with it, whose stored value cannot be read and which [#snapshot] therefore
    /// lacks.
    public Optional<String> unreadable(String from) {
        return Optional.ofNullable(unreadable.ceiling(from)).filter(key -> key.startsWith(from));
    }

    /// Whether it holds what the store holds; not before it was first filled, nor while it is filled anew.
    public boolean ready() {
        return !loading;
    }

    /// The revision it has reached: all changes of the resource up to it are in [#snapshot].
    long revision() {
        long all = caches.revision();
        boolean behind = loading;
        long own = current.revision();
        return behind ? own : Math.max(all, own);
    }

    /// What is there now, without waiting: possibly behind the store, and empty at revision 0 before the first
    /// filling.
    public Snapshot snapshot() {
        // The order of these reads matters, see the class comment.
        long all = caches.revision();
        boolean behind = loading;
        Snapshot own = current;
        if (behind || own.revision() >= all) {
            return own;
        }
        var same = new Snapshot(own.entries(), all);
        CURRENT.compareAndSet(
                this, own, same); // so that the next reader need not make one; if it fails, a newer one is there
        return same;
    }

    /// Waits until the cache has reached a revision.
    ///
    /// @throws StoreException.FutureRevision when it has not by the deadline
    /// @throws StoreException.Unavailable when it was never filled by then
    public Snapshot notOlderThan(long revision, Deadline deadline) {
        if (!reached(revision) && !caches.gate().await(loaded ? revision : 0, () -> reached(revision), deadline)) {
            throw loaded
                    ? new StoreException.FutureRevision(revision())
                    : new StoreException.Unavailable("the watch cache of " + name + " is not filled yet", null);
        }
        return snapshot();
    }

    private boolean reached(long revision) {
        return loaded && revision() >= revision;
    }

    /// The latest state: everything is in it that was acknowledged to anybody before the call.
    ///
    /// @throws StoreException.Unavailable when the store does not answer or the cache does not catch up in time
    public Snapshot latest(Deadline deadline) {
        long revision = caches.storeRevision(deadline);
        while (!reached(revision)) {
            // What this waits for is on its way as a rule; if it is a change outside of what is watched, ask.
            if (!caches.gate().await(loaded ? revision : 0, () -> reached(revision), deadline.atMost(CATCH_UP))) {
                if (deadline.isOver()) {
                    throw new StoreException.Unavailable(
                            "the watch cache of " + name + " is behind the store (at " + revision() + ", not "
                                    + revision + ")",
                            null);
                }
                caches.requestProgress();
            }
        }
        return snapshot();
    }

    /// The state at a revision.
    ///
    /// @throws StoreException.Compacted when it is not kept any more
    /// @throws StoreException.FutureRevision when the cache has not reached it
    public Snapshot exactly(long revision) {
        Snapshot now = snapshot();
        if (revision == now.revision()) {
            return now;
        }
        if (revision > now.revision()) {
            throw new StoreException.FutureRevision(now.revision());
        }
        return window().at(revision);
    }

    /// Follows the events of keys from a revision on.
    ///
    /// @param keyPrefix a part of the key space, ending in a slash; or one whole key; or nothing for all keys
    /// @param afterRevision the first event has a greater revision; may lie in the future
    /// @throws StoreException.Compacted when events after it have been dropped already
    /// @throws StoreException.Unavailable when the cache was never filled
    public Cursor watch(String keyPrefix, long afterRevision) {
        synchronized (windowLock) {
            String watched = keyPrefix.isEmpty() ? prefix : keyPrefix;
            var cursor = new WindowCursor(watched, afterRevision, window(), this::revision, cursors, metrics);
            cursors.add(cursor);
            return cursor;
        }
    }

    private EventWindow window() {
        synchronized (windowLock) {
            if (closed) {
                throw new StoreException.Closed();
            }
            if (window == null) {
                throw new StoreException.Unavailable("the watch cache of " + name + " is not filled yet", null);
            }
            return window;
        }
    }

    long windowSize() {
        synchronized (windowLock) {
            return window == null ? 0 : window.size();
        }
    }

    int windowCapacity() {
        synchronized (windowLock) {
            return window == null ? 0 : window.capacity();
        }
    }

    int watchers() {
        return cursors.all().size();
    }

    /// How many watchers are told when something changes at a key.
    ///
    /// @param key of an object, or of a part of the key space when it ends in a slash
    public int watchers(String key) {
        return cursors.count(key);
    }

    // From here on: called by WatchCaches alone, under its lock.

    /// Changes up to it are in already.
    long contentRevision() {
        return current.revision();
    }

    /// From now on it is behind, until [#fill].
    void beginLoading() {
        unreadable.clear();
        snapshot(); // gives the present state the revision it had reached, which [#revision] falls back to
        loading = true;
    }

    /// Takes over a listing; cursors on what was before end, since what happened in between is not known.
    void fill(SortedEntries entries, long revision) {
        var base = new Snapshot(entries, revision);
        List<WindowCursor> before;
        synchronized (windowLock) {
            if (closed) {
                return;
            }
            window = new EventWindow(base, settings.windowSize());
            before = cursors.all();
            current = base;
        }
        before.forEach(cursor -> cursor.fail(new StoreException.Compacted(revision)));
        metrics.initialized();
    }

    /// The filling is complete, with all changes since applied.
    void endLoading() {
        loaded = true;
        loading = false;
    }

    /// Takes over changes of this resource, in revision order.
    void apply(List<Change> changes) {
        EventWindow target = window();
        SortedEntries entries = current.entries();
        Instant now = settings.clock().instant();
        long last = 0;
        int events = 0;
        var toWake = new ArrayList<WindowCursor>();
        for (Change change : changes) {
            metrics.received();
            CachedObject previous = entries.get(change.key());
            WatchEvent event = event(change, previous);
            if (event == null) {
                continue;
            }
            entries = switch (event) {
                case WatchEvent.Added added -> entries.with(added.object());
                case WatchEvent.Modified modified -> entries.with(modified.object());
                case WatchEvent.Deleted _ -> entries.without(change.key());
                case WatchEvent.Bookmark _ -> entries;
            };
            long number = target.append(event, change.key(), entries, now);
            cursors.forKey(change.key(), cursor -> {
                if (cursor.tell(number)) {
                    toWake.add(cursor);
                }
            });
            last = change.revision();
            events++;
        }
        if (events > 0) {
            current = new Snapshot(entries, last);
            toWake.forEach(WindowCursor::wake);
            metrics.dispatched(events);
        }
    }

    private @Nullable WatchEvent event(Change change, @Nullable CachedObject previous) {
        byte @Nullable [] value = change.value();
        if (value == null) {
            unreadable.remove(change.key());
        }
        CachedObject object =
                value == null ? null : read(change.key(), value, change.createRevision(), change.revision());
        if (object != null) {
            return previous == null ? new WatchEvent.Added(object) : new WatchEvent.Modified(object, previous);
        }
        // An object that cannot be read is as good as gone for those who watch.
        return previous == null ? null : new WatchEvent.Deleted(previous.at(change.revision()));
    }

    /// The object of a stored value; null, with a line in the log, when it is damaged.
    @Nullable
    CachedObject read(String key, byte[] value, long createRevision, long revision) {
        try {
            CachedObject object = CachedObject.of(key, indexer.index(key, value), createRevision, revision, value);
            unreadable.remove(key);
            return object;
        } catch (RuntimeException e) {
            // Not the message nor the trace: they may quote the object, and it may be a secret.
            log.error(
                    "The object stored at {} cannot be read ({}) and is left out",
                    key,
                    e.getClass().getSimpleName());
            unreadable.add(key);
            return null;
        }
    }

    void trim(Instant now) {
        synchronized (windowLock) {
            if (window != null) {
                window.trim(now.minus(settings.history()));
            }
        }
    }

    /// Ends all cursors. [WatchCaches] calls it; what has been read stays valid.
    @Override
    public void close() {
        List<WindowCursor> open;
        synchronized (windowLock) {
            closed = true;
            open = cursors.all();
        }
        open.forEach(cursor -> cursor.fail(new StoreException.Closed()));
        metrics.close();
    }
}
