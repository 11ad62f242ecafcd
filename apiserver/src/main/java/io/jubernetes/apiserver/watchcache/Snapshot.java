package io.jubernetes.apiserver.watchcache;

import io.jubernetes.apiserver.storage.KeyValueStore;
import java.util.Iterator;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// All objects of a resource at one revision, sorted by key. Immutable: it can be kept and read for as long as a
/// client takes to receive it, while the cache goes on.
public final class Snapshot {
    private final SortedEntries entries;
    private final long revision;

    Snapshot(SortedEntries entries, long revision) {
        this.entries = entries;
        this.revision = revision;
    }

    /// The revision at which this is exactly what the store held.
    public long revision() {
        return revision;
    }

    public Optional<CachedObject> get(String key) {
        return Optional.ofNullable(entries.get(key));
    }

    public int size() {
        return entries.size();
    }

    /// Whether nothing has changed between the two; costs nothing.
    public boolean hasSameObjects(Snapshot other) {
        return entries == other.entries;
    }

    /// The entries whose key has a prefix, in key order.
    ///
    /// @param after start behind this key; null for the beginning
    public Iterator<CachedObject> range(String prefix, @Nullable String after) {
        return startsAtPrefix(prefix, after)
                ? entries.walk(prefix, prefix, true)
                : entries.walk(prefix, after == null ? prefix : after, false);
    }

    /// How many entries [#range] would give; costs no walk.
    public long count(String prefix, @Nullable String after) {
        int end = prefix.isEmpty() ? entries.size() : entries.rank(KeyValueStore.endOf(prefix));
        if (after == null || startsAtPrefix(prefix, after)) {
            return (long) end - entries.rank(prefix);
        }
        int start = entries.rank(after) + (entries.get(after) == null ? 0 : 1);
        return Math.max(0L, end - start);
    }

    private static boolean startsAtPrefix(String prefix, @Nullable String after) {
        return after == null || after.compareTo(prefix) < 0;
    }

    SortedEntries entries() {
        return entries;
    }
}
