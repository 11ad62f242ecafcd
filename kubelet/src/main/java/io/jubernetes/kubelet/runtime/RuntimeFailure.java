package io.jubernetes.kubelet.runtime;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/// The runtime did not do what was asked. The message is the engine's own and may be shown in events.
public sealed class RuntimeFailure extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    private RuntimeFailure(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }

    /// There is no such container or image.
    public static final class NotFound extends RuntimeFailure {
        @Serial
        private static final long serialVersionUID = 1L;

        public NotFound(String message) {
            super(message, null);
        }
    }

    /// The engine understood and said no.
    public static final class Refused extends RuntimeFailure {
        @Serial
        private static final long serialVersionUID = 1L;

        public Refused(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /// The engine cannot be reached or does not answer.
    public static final class Unavailable extends RuntimeFailure {
        @Serial
        private static final long serialVersionUID = 1L;

        public Unavailable(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /// A command did not end in time.
    public static final class TimedOut extends RuntimeFailure {
        @Serial
        private static final long serialVersionUID = 1L;

        public TimedOut(String message) {
            super(message, null);
        }
    }
}
