package io.jubernetes.common.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.jubernetes.common.meta.ObjectKey;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/// Remembers what a controller wrote, so that it does not decide on a cache that has not seen it yet: a cache
/// that misses our last creations would have us create them again. Used by one kind of written object (such as
/// pods) for the keys of one kind of owner. Thread-safe.
///
/// A create or update is seen once the cache has reached its resource version. A deletion has no version to
/// wait for, so it is seen once the object is gone from the cache or shows its deletion time. What is not seen
/// after five minutes is given up, because a lost watch must not stop a controller for good.
public final class OwnWrites<T extends HasMetadata> {
    private static final Duration GIVE_UP = Duration.ofMinutes(5);

    private record Pending(long revision, long at) {}

    private record Deletion(ObjectKey object, String uid, long at) {}

    private final Lister<T> cache;
    private final LongSupplier nanoTime;
    private final Map<ObjectKey, Pending> written = new ConcurrentHashMap<>();
    private final Map<ObjectKey, Map<String, Deletion>> deleted = new ConcurrentHashMap<>();

    public OwnWrites(Lister<T> cache) {
        this(cache, System::nanoTime);
    }

    public OwnWrites(Lister<T> cache, LongSupplier nanoTime) {
        this.cache = cache;
        this.nanoTime = nanoTime;
    }

    /// Notes an object as the API server returned it from a create or update on behalf of `owner`.
    public void wrote(ObjectKey owner, T object) {
        var pending = new Pending(Revisions.of(object), nanoTime.getAsLong());
        written.merge(owner, pending, (a, b) -> a.revision() > b.revision() ? a : b);
    }

    /// Notes that the API server accepted the deletion of `object` on behalf of `owner`.
    public void deleted(ObjectKey owner, T object) {
        String uid = object.getMetadata().getUid();
        deleted.computeIfAbsent(owner, _ -> new ConcurrentHashMap<>())
                .put(uid, new Deletion(ObjectKey.of(object), uid, nanoTime.getAsLong()));
    }

    /// Whether the cache lacks something that was written for `owner`.
    public boolean behind(ObjectKey owner) {
        long now = nanoTime.getAsLong();
        Pending pending = written.get(owner);
        if (pending != null) {
            if (cache.revision() < pending.revision() && now - pending.at() < GIVE_UP.toNanos()) {
                return true;
            }
            written.remove(owner, pending);
        }
        Map<String, Deletion> deletions = deleted.get(owner);
        if (deletions == null) {
            return false;
        }
        deletions.values().removeIf(deletion -> isSeen(deletion, now));
        if (!deletions.isEmpty()) {
            return true;
        }
        deleted.remove(owner, Map.of());
        return false;
    }

    /// Drops all notes of an owner that is gone.
    public void forget(ObjectKey owner) {
        written.remove(owner);
        deleted.remove(owner);
    }

    private boolean isSeen(Deletion deletion, long now) {
        if (now - deletion.at() >= GIVE_UP.toNanos()) {
            return true;
        }
        return cache.find(deletion.object())
                .filter(object -> object.getMetadata().getUid().equals(deletion.uid()))
                .filter(object -> object.getMetadata().getDeletionTimestamp() == null)
                .isEmpty();
    }
}
