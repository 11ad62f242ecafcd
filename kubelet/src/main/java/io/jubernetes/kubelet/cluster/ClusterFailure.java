package io.jubernetes.kubelet.cluster;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/// The API server refused or could not be asked. The message may be shown in events.
public final class ClusterFailure extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    public ClusterFailure(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }
}
