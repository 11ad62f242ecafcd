package io.jubernetes.apiserver.watchcache;

import io.jubernetes.apiserver.storage.KeyValueStore.Change;
import java.util.ArrayList;
import java.util.List;

/// The changes that arrive while a cache is being filled from a listing. Guarded by the lock of [WatchCaches].
final class Loading {
    private static final int MAX_CHANGES = 20_000;

    private final List<Change> changes = new ArrayList<>();
    private boolean overflowed;

    void add(Change change) {
        if (changes.size() == MAX_CHANGES) {
            overflowed = true;
            changes.clear();
        }
        if (!overflowed) {
            changes.add(change);
        }
    }

    /// Whether there were more changes than are kept: list again.
    boolean hasOverflowed() {
        return overflowed;
    }

    /// Another listing begins.
    void restart() {
        overflowed = false;
        changes.clear();
    }

    List<Change> after(long revision) {
        return changes.stream().filter(change -> change.revision() > revision).toList();
    }
}
