package io.jubernetes.common.cel;

import java.io.Serial;

/// An expression that came to no value: a missing key, an overflow, a limit. The message is the one the
/// API shows.
public final class CelFailure extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final boolean overLimit;

    CelFailure(String message) {
        this(message, false);
    }

    private CelFailure(String message, boolean overLimit) {
        super(message, null, false, false);
        this.overLimit = overLimit;
    }

    static CelFailure noOverload() {
        return new CelFailure("no such overload");
    }

    static CelFailure limitExceeded() {
        return new CelFailure("operation cancelled: actual cost limit exceeded", true);
    }

    /// Whether the evaluation was stopped because it cost too much.
    public boolean isOverLimit() {
        return overLimit;
    }
}
