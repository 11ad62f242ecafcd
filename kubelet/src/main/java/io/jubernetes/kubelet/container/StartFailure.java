package io.jubernetes.kubelet.container;

import java.io.Serial;

/// A container could not be started. The reason is what its status shows while it waits, in upstream's words.
public final class StartFailure extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    public static final String CONFIG_ERROR = "CreateContainerConfigError";
    public static final String CREATE_ERROR = "CreateContainerError";
    public static final String RUN_ERROR = "RunContainerError";

    private final String reason;

    public StartFailure(String reason, String message) {
        super(message);
        this.reason = reason;
    }

    public String reason() {
        return reason;
    }

    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }
}
