package io.jubernetes.apiserver.schema;

import java.io.Serial;

/// A value does not fit its schema. The message is the part behind "cannot be handled as a …: " of the API's answer.
public final class DecodeException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    private final String restoring;

    public DecodeException(String message) {
        this(message, message);
    }

    /// @param restoring the message of the other decoder, which patches of maps go through without being written as
    /// JSON
    DecodeException(String message, String restoring) {
        super(message);
        this.restoring = restoring;
    }

    /// What is said when a strategic merge patch has made such a value.
    public String restoring() {
        return restoring;
    }
}
