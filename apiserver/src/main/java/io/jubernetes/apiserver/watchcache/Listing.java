package io.jubernetes.apiserver.watchcache;

import io.jubernetes.apiserver.storage.KeyValueStore;
import io.jubernetes.apiserver.storage.KeyValueStore.Entry;
import io.jubernetes.apiserver.storage.KeyValueStore.Range;
import io.jubernetes.common.time.Deadline;
import java.time.Duration;
import java.util.ArrayList;

/// All objects of a resource at one revision, read page by page so that no answer of the store gets too large.
///
/// @param revision what the listing is true at
record Listing(SortedEntries entries, long revision) {
    private static final int PAGE = 500;
    private static final Duration PAGE_LIMIT = Duration.ofSeconds(30);

    /// @param at the revision to list at; 0 for the latest
    /// @throws io.jubernetes.apiserver.storage.StoreException.Compacted when the first page's revision was
    ///     compacted away before the last one was read
    static Listing of(KeyValueStore store, ResourceCache cache, long at) {
        var objects = new ArrayList<CachedObject>();
        String end = KeyValueStore.endOf(cache.prefix());
        Range page = store.range(cache.prefix(), end, at, PAGE, Deadline.in(PAGE_LIMIT));
        long revision = page.revision();
        while (true) {
            for (Entry entry : page.entries()) {
                CachedObject object =
                        cache.read(entry.key(), entry.value(), entry.createRevision(), entry.modRevision());
                if (object != null) {
                    objects.add(object);
                }
            }
            if (!page.more()) {
                return new Listing(SortedEntries.ofSorted(objects), revision);
            }
            String next = page.entries().getLast().key() + '\0'; // the least key after the last one
            page = store.range(next, end, revision, PAGE, Deadline.in(PAGE_LIMIT));
        }
    }
}
