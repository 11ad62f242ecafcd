package io.jubernetes.serviceproxy.backend;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/// The system did not take the rules; trying again later may help.
public final class BackendException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    public BackendException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    public BackendException(String message) {
        super(message);
    }
}
