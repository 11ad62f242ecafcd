package io.jubernetes.apiserver.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.codec.Yaml;
import io.jubernetes.common.pki.Pem;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Base64;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/// A server that the operator names by a kubeconfig file: for audit events, reviews of tokens and of access.
/// Thread-safe.
public final class ConfiguredWebhook {
    private static final int MAX_ANSWER = 10 << 20;

    private final URI uri;
    private final @Nullable String token;
    private final HttpClient client;

    private ConfiguredWebhook(URI uri, @Nullable String token, HttpClient client) {
        this.uri = uri;
        this.token = token;
        this.client = client;
    }

    /// Reads the current context of a kubeconfig file.
    ///
    /// @throws IOException when the file or one it names cannot be used; the message says what is wrong
    public static ConfiguredWebhook read(Path file) throws IOException {
        JsonNode root = Yaml.read(Files.readAllBytes(file));
        JsonNode context = named(root, "contexts", root.path("current-context").asText(""), "context");
        JsonNode cluster = named(root, "clusters", context.path("cluster").asText(""), "cluster");
        JsonNode user = named(root, "users", context.path("user").asText(""), "user");
        String server = cluster.path("server").asText("");
        if (server.isEmpty()) {
            throw new IOException(file + " names no server in its current context");
        }
        try {
            URI uri = URI.create(server);
            Path folder = file.toAbsolutePath().getParent();
            HttpClient client = HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(Duration.ofSeconds(10))
                    .sslContext(tls(cluster, user, uri, folder))
                    .build();
            byte[] token = bytes(user, "token", "tokenFile", folder);
            return new ConfiguredWebhook(
                    uri, token == null ? null : new String(token, StandardCharsets.UTF_8).strip(), client);
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    private static JsonNode named(JsonNode root, String list, String name, String field) {
        for (JsonNode each : root.path(list)) {
            if (each.path("name").asText("").equals(name)) {
                return each.path(field);
            }
        }
        return Json.object();
    }

    private static SSLContext tls(JsonNode cluster, JsonNode user, URI uri, @Nullable Path folder)
            throws IOException, GeneralSecurityException {
        byte[] authority = bytes(cluster, "certificate-authority-data", "certificate-authority", folder);
        String name = cluster.path("tls-server-name").asText(String.valueOf(uri.getHost()));
        TrustManager[] trust = cluster.path("insecure-skip-tls-verify").asBoolean(false)
                ? InsecureTrustManagerFactory.INSTANCE.getTrustManagers()
                : new TrustManager[] {NamedTrust.of(authority == null ? new byte[0] : authority, name)};
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(identity(user, folder), trust, null);
        return tls;
    }

    private static KeyManager @Nullable [] identity(JsonNode user, @Nullable Path folder)
            throws IOException, GeneralSecurityException {
        byte[] certificate = bytes(user, "client-certificate-data", "client-certificate", folder);
        byte[] key = bytes(user, "client-key-data", "client-key", folder);
        if (certificate == null || key == null) {
            return null;
        }
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        char[] none = new char[0];
        store.setKeyEntry(
                "client",
                Pem.privateKey(new String(key, StandardCharsets.US_ASCII)),
                none,
                Pem.certificates(new String(certificate, StandardCharsets.US_ASCII))
                        .toArray(X509Certificate[]::new));
        var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, none);
        return factory.getKeyManagers();
    }

    /// What a field holds (in base64 when its name says `data`), or the file another field names.
    private static byte @Nullable [] bytes(JsonNode owner, String inline, String inFile, @Nullable Path folder)
            throws IOException {
        String text = owner.path(inline).asText("");
        if (!text.isEmpty()) {
            return inline.endsWith("-data") ? Base64.getDecoder().decode(text) : text.getBytes(StandardCharsets.UTF_8);
        }
        String name = owner.path(inFile).asText("");
        if (name.isEmpty()) {
            return null;
        }
        return Files.readAllBytes(folder == null ? Path.of(name) : folder.resolve(name));
    }

    /// Posts an object.
    ///
    /// @return the answer's body
    /// @throws IOException when the server refuses or does not answer in time
    public byte[] send(JsonNode object, Duration timeout) throws IOException {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri)
                .timeout(timeout)
                .header("Content-Type", "application/json")
                .header("Accept", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(Json.bytes(object)));
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        try {
            HttpResponse<byte[]> answer =
                    client.send(request.build(), BodyHandlers.limiting(BodyHandlers.ofByteArray(), MAX_ANSWER));
            if (answer.statusCode() < 200 || answer.statusCode() >= 300) {
                throw new IOException("Post \"" + uri + "\": status " + answer.statusCode());
            }
            return answer.body();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /// Posts a review and reads the answer.
    ///
    /// @throws IOException when there is no proper answer in time
    public JsonNode review(JsonNode review, Duration timeout) throws IOException {
        return Json.read(send(review, timeout));
    }
}
