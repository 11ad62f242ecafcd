package io.jubernetes.apiserver.watchcache;

import io.jubernetes.apiserver.storage.StoreException;
import org.jspecify.annotations.Nullable;

/// One watcher's place among a resource's events. Cheap: there may be thousands for one cache. [#poll] is called
/// by one thread at a time; the other methods by any.
public interface Cursor extends AutoCloseable {
    /// The next event, or null when there is none now.
    ///
    /// @throws StoreException.Compacted when the watcher was too slow and events it had not seen yet are gone,
    ///     or when the cache had to start anew; the client lists again
    /// @throws StoreException.Closed when the cache was closed
    @Nullable
    WatchEvent poll();

    /// Sets what is called whenever [#poll] may have something to say: an event, or the reason why there will be
    /// none. Called from the cache's thread and must not block; and once from within this method if there is
    /// something already. Not called again before [#poll] has returned null.
    void onAvailable(Runnable signal);

    /// All events up to this revision have been returned by [#poll].
    long revision();

    @Override
    void close();
}
