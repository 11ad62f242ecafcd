package io.jubernetes.common.client;

import io.jubernetes.common.codec.Yaml;
import io.jubernetes.common.pki.Pem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Writes kubeconfig files with everything embedded, mode 0600.
public final class Kubeconfigs {
    private Kubeconfigs() {}

    /// A kubeconfig for a user with a client certificate.
    ///
    /// @param server the API server's URL
    /// @param caPem the cluster CA
    /// @param certificatePem the user's certificate, followed by intermediate ones if any
    /// @param keyPem the user's private key
    public static void write(
            Path file, String cluster, String user, String server, String caPem, String certificatePem, String keyPem)
            throws IOException {
        Map<String, Object> credentials = new LinkedHashMap<>();
        credentials.put("client-certificate-data", base64(certificatePem));
        credentials.put("client-key-data", base64(keyPem));
        write(file, cluster, user, server, caPem, credentials);
    }

    /// A kubeconfig for a user with a bearer token.
    public static void writeToken(Path file, String cluster, String user, String server, String caPem, String token)
            throws IOException {
        write(file, cluster, user, server, caPem, Map.of("token", token));
    }

    private static void write(
            Path file, String cluster, String user, String server, String caPem, Map<String, Object> credentials)
            throws IOException {
        String context = user + "@" + cluster;
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("apiVersion", "v1");
        config.put("kind", "Config");
        config.put(
                "clusters",
                List.of(named(
                        cluster, "cluster", Map.of("server", server, "certificate-authority-data", base64(caPem)))));
        config.put("users", List.of(named(user, "user", credentials)));
        config.put("contexts", List.of(named(context, "context", Map.of("cluster", cluster, "user", user))));
        config.put("current-context", context);
        Pem.writeSecret(file, Yaml.text(config));
    }

    private static Map<String, Object> named(String name, String what, Map<String, Object> value) {
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("name", name);
        entry.put(what, value);
        return entry;
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
