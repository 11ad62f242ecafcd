package io.jubernetes.common.component;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/// A service could not start for a reason its operator can mend. The message is one line that says what is
/// wrong and how to mend it; it is shown without a stack trace.
public final class StartupException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    public StartupException(String message) {
        super(message);
    }

    public StartupException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
