package io.jubernetes.apiserver.schema;

import java.io.Serial;

/// A value does not fit its schema. The message is the part behind "cannot be handled as a …: " of the API's answer.
public final class DecodeException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    public DecodeException(String message) {
        super(message);
    }
}
