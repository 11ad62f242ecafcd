package io.jubernetes.controllermanager.rootca;

import io.fabric8.kubernetes.client.Config;
import io.jubernetes.controllermanager.ControllerContext;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;

/// The authority by which clients in the cluster know the API server.
public final class RootCa {
    private RootCa() {}

    /// The certificates as PEM: of `--root-ca-file`, or those by which the manager itself knows the API server.
    public static String of(ControllerContext context) {
        Path file = context.settings().rootCa();
        Config config = context.client().getConfiguration();
        try {
            if (file != null) {
                return Files.readString(file);
            }
            if (config.getCaCertFile() != null) {
                return Files.readString(Path.of(config.getCaCertFile()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("--root-ca-file: " + e.getMessage(), e);
        }
        String data = config.getCaCertData();
        if (data == null) {
            return "";
        }
        return data.contains("-----BEGIN")
                ? data
                : new String(Base64.getMimeDecoder().decode(data), StandardCharsets.UTF_8);
    }
}
