package io.jubernetes.kubelet.rpc;

import io.grpc.Status;
import java.io.IOException;
import java.io.Serial;

/// A call failed. The message is for the user.
public final class RpcFailure extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final String code;

    RpcFailure(Status status) {
        super("rpc error: code = " + name(status) + " desc = "
                + (status.getDescription() == null ? "" : status.getDescription()));
        this.code = status.getCode().name();
    }

    /// The status code's name in capitals: `UNIMPLEMENTED`, `UNAVAILABLE`.
    public String code() {
        return code;
    }

    /// As Go prints a code: `DeadlineExceeded`.
    private static String name(Status status) {
        var text = new StringBuilder();
        for (String word : status.getCode().name().split("_", -1)) {
            text.append(word.charAt(0)).append(word.substring(1).toLowerCase(java.util.Locale.ROOT));
        }
        return text.toString();
    }
}
