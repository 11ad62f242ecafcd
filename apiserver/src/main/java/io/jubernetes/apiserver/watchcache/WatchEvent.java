package io.jubernetes.apiserver.watchcache;

import java.util.function.Function;

/// What a watcher is told. Immutable.
public sealed interface WatchEvent {
    /// The revision of the change; a bookmark's own.
    long revision();

    /// An encoding of this event, made once and kept as long as a watcher may want it.
    ///
    /// @param encoding names it; there should be few of them
    byte[] encoded(String encoding, Function<WatchEvent, byte[]> maker);

    /// The object is new.
    record Added(CachedObject object) implements WatchEvent {
        @Override
        public long revision() {
            return object.revision();
        }

        @Override
        public byte[] encoded(String encoding, Function<WatchEvent, byte[]> maker) {
            return object.frame("ADDED", encoding, () -> maker.apply(this));
        }
    }

    /// The object has changed.
    ///
    /// @param previous what it was before, for watchers whose selector it entered or left
    record Modified(CachedObject object, CachedObject previous) implements WatchEvent {
        @Override
        public long revision() {
            return object.revision();
        }

        @Override
        public byte[] encoded(String encoding, Function<WatchEvent, byte[]> maker) {
            return object.frame("MODIFIED", encoding, () -> maker.apply(this));
        }
    }

    /// The object is gone.
    ///
    /// @param last as it was before, but at the revision of its deletion
    record Deleted(CachedObject last) implements WatchEvent {
        @Override
        public long revision() {
            return last.revision();
        }

        @Override
        public byte[] encoded(String encoding, Function<WatchEvent, byte[]> maker) {
            return last.frame("DELETED", encoding, () -> maker.apply(this));
        }
    }

    /// Nothing but a revision up to which everything has been told. The cache makes none; those who serve a
    /// watch do, from [Cursor#revision].
    record Bookmark(long revision) implements WatchEvent {
        @Override
        public byte[] encoded(String encoding, Function<WatchEvent, byte[]> maker) {
            return maker.apply(this);
        }
    }
}
