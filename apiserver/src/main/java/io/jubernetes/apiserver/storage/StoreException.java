package io.jubernetes.apiserver.storage;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/// Why a store could not answer. Sealed, so that the place that turns failures into HTTP answers covers them all.
public abstract sealed class StoreException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    private StoreException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /// The asked revision has been compacted away (HTTP 410).
    public static final class Compacted extends StoreException {
        private final long oldest;

        /// @param oldest the oldest revision that can still be read
        public Compacted(long oldest) {
            super("required revision has been compacted", null);
            this.oldest = oldest;
        }

        public long oldest() {
            return oldest;
        }
    }

    /// The asked revision lies in the future.
    public static final class FutureRevision extends StoreException {
        private final long current;

        public FutureRevision(long current) {
            super("required revision is a future revision", null);
            this.current = current;
        }

        public long current() {
            return current;
        }
    }

    /// The store cannot be reached or did not answer in time; whether a change was made is not known.
    public static final class Unavailable extends StoreException {
        public Unavailable(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /// The store refuses changes because it is full or damaged; a person has to act.
    public static final class Refused extends StoreException {
        public Refused(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /// A value cannot be read or written for want of its key.
    public static final class Unreadable extends StoreException {
        public Unreadable(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /// The store was closed.
    public static final class Closed extends StoreException {
        public Closed() {
            super("the store is closed", null);
        }
    }
}
