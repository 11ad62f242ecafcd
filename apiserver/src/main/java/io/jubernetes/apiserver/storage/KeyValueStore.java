package io.jubernetes.apiserver.storage;

import io.jubernetes.common.time.Deadline;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Values by key in etcd's model: one revision counter for the whole store that grows by one with each change,
/// compare-and-set on a key's last revision, ranges, and a watch from any revision that has not been compacted
/// away.
///
/// Calls block (on virtual threads that is cheap), end by their deadline, are thread-safe, and throw
/// [StoreException] and nothing else. A change that returned is durable. Keys are ASCII and ordered by their
/// bytes.
public interface KeyValueStore extends AutoCloseable {

    /// A key's state at its last change.
    ///
    /// @param createRevision the revision at which the key came to be
    /// @param modRevision the revision of its last change
    record Entry(String key, byte[] value, long createRevision, long modRevision) {}

    /// A part of the key space.
    ///
    /// @param entries in key order
    /// @param revision the store's revision the answer is true at
    /// @param more whether keys beyond `limit` were left out
    record Range(List<Entry> entries, long revision, boolean more) {}

    /// What a compare-and-set did.
    ///
    /// @param succeeded whether the change was made
    /// @param revision the change's revision; when it failed, the store's revision at the comparison
    /// @param current when it failed, the entry that stood in the way (null when the key was absent);
    ///     for a delete that succeeded, the entry as it was before
    record Outcome(
            boolean succeeded, long revision, @Nullable Entry current) {}

    /// One change, in revision order.
    ///
    /// @param revision the change's revision
    /// @param value the new value, null for a deletion
    /// @param previous the value before, null for a creation
    /// @param createRevision the revision the key came to be at
    record Change(
            long revision, String key, byte @Nullable [] value, byte @Nullable [] previous, long createRevision) {}

    /// Receives a watch's changes, on one thread at a time.
    interface Watcher {
        /// Changes in revision order, all changes of a revision in one call.
        ///
        /// @param changes empty when only the revision moved on
        /// @param upTo all changes up to this revision have been delivered
        void onChanges(List<Change> changes, long upTo);

        /// The watch has ended and will deliver nothing more. [StoreException.Compacted] when its revision is
        /// gone; the watcher lists again.
        void onEnd(StoreException cause);
    }

    /// A running watch.
    interface Watch extends AutoCloseable {
        /// Asks that [Watcher#onChanges] be called soon with the store's present revision, even when nothing
        /// changed.
        void requestProgress();

        @Override
        void close();
    }

    /// The entry of a key as of the latest revision (a linearizable read).
    Optional<Entry> get(String key, Deadline deadline);

    /// Whether the value of a key should be written anew although it is the same: it is stored in an older form.
    default boolean needsRewrite(String key, Deadline deadline) {
        return false;
    }

    /// The entries with `from <= key < to`.
    ///
    /// @param revision 0 for the latest (a linearizable read), else a revision not compacted yet
    /// @param limit at most this many entries; 0 for all
    /// @throws StoreException.Compacted when `revision` is gone
    Range range(String from, String to, long revision, int limit, Deadline deadline);

    /// Creates the key if it is absent.
    ///
    /// @param ttl the key is deleted by itself after this time (give or take a minute); null for never
    Outcome create(String key, byte[] value, @Nullable Duration ttl, Deadline deadline);

    /// Changes the key's value if its last revision is `expected`.
    Outcome update(String key, byte[] value, long expected, @Nullable Duration ttl, Deadline deadline);

    /// Deletes the key if its last revision is `expected`.
    Outcome delete(String key, long expected, Deadline deadline);

    /// Delivers every change of keys with the prefix after a revision, until closed or ended. Survives
    /// reconnections: nothing is skipped and nothing delivered twice.
    ///
    /// @param after the first change delivered has a greater revision
    Watch watch(String prefix, long after, Watcher watcher);

    /// The latest revision (a linearizable read).
    long revision(Deadline deadline);

    /// Forgets what only older revisions than this one can see.
    void compact(long revision, Deadline deadline);

    /// The end of the range that holds the keys with a prefix: the first key after all of them.
    ///
    /// @param prefix ASCII, not empty
    static String endOf(String prefix) {
        int last = prefix.length() - 1;
        return prefix.substring(0, last) + (char) (prefix.charAt(last) + 1);
    }

    /// Size on disk in bytes.
    long sizeInBytes(Deadline deadline);

    @Override
    void close();
}
