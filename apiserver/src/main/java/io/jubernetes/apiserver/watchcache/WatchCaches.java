package io.jubernetes.apiserver.watchcache;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.jubernetes.apiserver.storage.KeyValueStore;
import io.jubernetes.apiserver.storage.KeyValueStore.Change;
import io.jubernetes.apiserver.storage.StoreException;
import io.jubernetes.common.time.Deadline;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The caches of all resources, fed by one watch of the store. One watch and not one for each resource: it costs
/// the store less, and every change moves all caches on to its revision, so that a resource nothing happens to
/// is as up to date as any. Thread-safe.
public final class WatchCaches implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(WatchCaches.class);
    private static final int LISTINGS_AT_ONCE = 4;

    private final KeyValueStore store;
    private final String rootPrefix;
    private final Settings settings;
    private final RevisionGate gate = new RevisionGate();
    private final Semaphore listings = new Semaphore(LISTINGS_AT_ONCE);
    private final StoreFollower follower;

    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final TreeMap<String, ResourceCache> byPrefix = new TreeMap<>();

    /// Caches being filled, with what has changed meanwhile.
    @GuardedBy("lock")
    private final Map<ResourceCache, Loading> loading = new HashMap<>();

    @GuardedBy("lock")
    private boolean following;

    /// Every change up to it is in the cache it belongs to, unless that is being filled. Written under the lock.
    private volatile long revision;

    /// The store's revision when the watch began: before it is reached the caches only replay what is past.
    private volatile long startRevision;

    private volatile boolean closed;

    /// @param rootPrefix what all registered prefixes start with
    public WatchCaches(KeyValueStore store, String rootPrefix, Settings settings) {
        this.store = store;
        this.rootPrefix = rootPrefix;
        this.settings = settings;
        follower = new StoreFollower(store, rootPrefix, this);
    }

    /// How much of the past a cache keeps.
    ///
    /// @param windowSize at most this many events of a resource
    /// @param history and none older than this
    public record Settings(int windowSize, Duration history, InstantSource clock, MeterRegistry meters) {
        public Settings {
            if (windowSize < 1 || !history.isPositive()) {
                throw new IllegalArgumentException("windowSize and history must be positive");
            }
        }

        /// 4096 events, five minutes.
        public static Settings defaults(MeterRegistry meters) {
            return new Settings(4096, Duration.ofMinutes(5), InstantSource.system(), meters);
        }
    }

    /// Adds a resource; also when the caches run already.
    ///
    /// @param name the resource with its group, `pods` or `deployments.apps`: for metrics and messages
    /// @param prefix of its keys, ending in a slash; none may contain another
    public ResourceCache register(String name, String prefix, ObjectIndexer indexer) {
        if (!prefix.startsWith(rootPrefix) || !prefix.endsWith("/")) {
            throw new IllegalArgumentException("prefix " + prefix + " must be below " + rootPrefix + " and end in /");
        }
        lock.lock();
        try {
            if (closed) {
                throw new StoreException.Closed();
            }
            ResourceCache before = cacheOf(prefix);
            String next = byPrefix.ceilingKey(prefix);
            if (before != null || (next != null && next.startsWith(prefix))) {
                throw new IllegalArgumentException("prefix " + prefix + " overlaps one that is registered");
            }
            var cache = new ResourceCache(name, prefix, indexer, this);
            byPrefix.put(prefix, cache);
            if (following) {
                load(cache, 0);
            }
            return cache;
        } finally {
            lock.unlock();
        }
    }

    /// Takes a resource out; its watches end. Does nothing when it is not there.
    public void unregister(String name) {
        var gone = new ArrayList<ResourceCache>();
        lock.lock();
        try {
            byPrefix.values().removeIf(cache -> cache.name().equals(name) && gone.add(cache));
            gone.forEach(loading::remove);
        } finally {
            lock.unlock();
        }
        gone.forEach(ResourceCache::close);
    }

    /// Starts filling the caches, in the background.
    public void start() {
        follower.start();
    }

    /// Whether all caches hold what the store holds.
    public boolean ready() {
        lock.lock();
        try {
            return following
                    && revision >= startRevision
                    && byPrefix.values().stream().allMatch(ResourceCache::ready);
        } finally {
            lock.unlock();
        }
    }

    Settings settings() {
        return settings;
    }

    RevisionGate gate() {
        return gate;
    }

    long revision() {
        return revision;
    }

    long storeRevision(Deadline deadline) {
        return store.revision(deadline);
    }

    void requestProgress() {
        follower.requestProgress();
    }

    // From here on: called by the follower's thread or the watch's.

    /// A watch is about to begin behind a revision: whatever the caches hold may have missed something.
    ///
    /// @param from how far back the caches begin, so that clients that were connected before a restart of this
    ///     server find the events they have missed meanwhile
    /// @param present the store's revision now
    void beginAt(long from, long present) {
        lock.lock();
        try {
            byPrefix.values().forEach(ResourceCache::beginLoading);
            loading.clear();
            following = true;
            revision = from;
            startRevision = present;
            byPrefix.values().forEach(cache -> load(cache, from));
        } finally {
            lock.unlock();
        }
    }

    /// Hands changes to the caches they belong to.
    void apply(List<Change> changes, long upTo) {
        lock.lock();
        try {
            int at = 0;
            while (at < changes.size()) {
                at = applyRun(changes, at);
            }
            revision = Math.max(revision, upTo);
        } finally {
            lock.unlock();
        }
        gate.release(revision);
    }

    /// Applies the changes from one on that belong to the same resource, and returns where the next ones start.
    @GuardedBy("lock")
    private int applyRun(List<Change> changes, int from) {
        ResourceCache cache = cacheOf(changes.get(from).key());
        int to = from + 1;
        if (cache == null) {
            return to;
        }
        while (to < changes.size() && changes.get(to).key().startsWith(cache.prefix())) {
            to++;
        }
        List<Change> run = changes.subList(from, to);
        Loading waiting = loading.get(cache);
        if (waiting != null) {
            run.forEach(waiting::add);
        } else {
            long known = cache.contentRevision();
            cache.apply(run.getFirst().revision() > known ? run : after(run, known));
        }
        return to;
    }

    private static List<Change> after(List<Change> changes, long known) {
        return changes.stream().filter(change -> change.revision() > known).toList();
    }

    @GuardedBy("lock")
    private @Nullable ResourceCache cacheOf(String key) {
        Map.Entry<String, ResourceCache> entry = byPrefix.floorEntry(key);
        return entry != null && key.startsWith(entry.getKey()) ? entry.getValue() : null;
    }

    void trim() {
        lock.lock();
        try {
            byPrefix.values().forEach(cache -> cache.trim(settings.clock().instant()));
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void load(ResourceCache cache, long at) {
        var changes = new Loading();
        loading.put(cache, changes);
        Thread.ofVirtual().name("watch-cache-fill " + cache.name()).start(() -> fill(cache, changes, at));
    }

    /// Lists a resource and puts the changes since on top; again after a failure, until it works or is not
    /// wanted any more.
    private void fill(ResourceCache cache, Loading changes, long at) {
        long wanted = at;
        var backoff = new Backoff();
        while (isWanted(cache, changes)) {
            try {
                listings.acquire();
                Listing listing;
                try {
                    listing = Listing.of(store, cache, wanted);
                } finally {
                    listings.release();
                }
                if (finish(cache, changes, listing)) {
                    return;
                }
                wanted = 0; // too much has happened since
            } catch (StoreException e) {
                log.warn("Listing {} for its watch cache failed, to be tried again: {}", cache.name(), e.getMessage());
                wanted = 0; // the revision may be compacted
            } catch (InterruptedException e) {
                return; // nobody interrupts this thread but the end of the process
            }
            follower.pause(backoff.next());
        }
    }

    private boolean isWanted(ResourceCache cache, Loading changes) {
        lock.lock();
        try {
            return !closed && loading.get(cache) == changes;
        } finally {
            lock.unlock();
        }
    }

    /// @return false when it has to be listed again
    private boolean finish(ResourceCache cache, Loading changes, Listing listing) {
        lock.lock();
        try {
            if (closed || loading.get(cache) != changes) {
                return true; // overtaken by another filling, or unregistered
            }
            if (changes.hasOverflowed()) {
                changes.restart();
                return false;
            }
            cache.fill(listing.entries(), listing.revision());
            cache.apply(changes.after(listing.revision()));
            cache.endLoading();
            loading.remove(cache);
        } finally {
            lock.unlock();
        }
        gate.release(Long.MAX_VALUE);
        return true;
    }

    /// Stops following the store and ends all watches. Does not close the store.
    @Override
    public void close() {
        closed = true;
        follower.close();
        List<ResourceCache> all;
        lock.lock();
        try {
            all = List.copyOf(byPrefix.values());
            byPrefix.clear();
            loading.clear();
        } finally {
            lock.unlock();
        }
        all.forEach(ResourceCache::close);
        gate.release(Long.MAX_VALUE);
    }
}
