package io.jubernetes.kubelet.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.common.codec.Json;

/// The Status object that tells a client on its error stream how a command ended.
final class CommandStatus {
    private CommandStatus() {}

    /// The command ended well.
    static ObjectNode success() {
        ObjectNode status = Json.object();
        status.putObject("metadata");
        return status.put("status", "Success");
    }

    /// The command could not be carried out.
    static ObjectNode internalError(String message) {
        ObjectNode status = Json.object();
        status.putObject("metadata");
        status.put("status", "Failure")
                .put("message", "Internal error occurred: " + message)
                .put("reason", "InternalError");
        status.putObject("details").putArray("causes").addObject().put("message", message);
        return status.put("code", 500);
    }

    /// Tells a command's exit code.
    static ObjectNode of(int exitCode) {
        if (exitCode == 0) {
            return success();
        }
        ObjectNode status = Json.object();
        status.putObject("metadata");
        status.put("status", "Failure")
                .put("message", "command terminated with non-zero exit code: exit status " + exitCode)
                .put("reason", "NonZeroExitCode");
        status.putObject("details")
                .putArray("causes")
                .addObject()
                .put("reason", "ExitCode")
                .put("message", Integer.toString(exitCode));
        return status;
    }
}
