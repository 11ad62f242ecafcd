package io.jubernetes.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.component.StartupException;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;

/// An API server in this JVM with an empty store of its own, and a client that may do everything.
final class RunningApiServer implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final ApiServer server;
    private final HttpClient client;
    private final String address;

    private RunningApiServer(ApiServer server, HttpClient client, String address) {
        this.server = server;
        this.client = client;
        this.address = address;
    }

    /// @param flags in addition to those that every test needs
    static RunningApiServer start(Path folder, String... flags)
            throws IOException, StartupException, GeneralSecurityException {
        int port;
        try (var free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        Path tokens = folder.resolve("tokens.csv");
        Files.writeString(tokens, "secret,admin,1,\"system:masters\"\nother,jane,2,\"people\"\n");
        List<String> all = new ArrayList<>(List.of(
                "--bind-address=127.0.0.1",
                "--secure-port=" + port,
                "--advertise-address=192.0.2.10",
                "--data-dir=" + folder.resolve("data"),
                "--token-auth-file=" + tokens,
                "--authorization-mode=RBAC",
                "--anonymous-auth=false"));
        all.addAll(List.of(flags));
        ApiServer server = ApiServer.start(ApiServerCommand.optionsOf(all.toArray(String[]::new)));
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
        HttpClient client = HttpClient.newBuilder()
                .sslContext(tls)
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(PATIENCE)
                .build();
        return new RunningApiServer(server, client, "https://127.0.0.1:" + port);
    }

    /// For requests of other forms than those below.
    HttpClient client() {
        return client;
    }

    /// Such as `https://127.0.0.1:40001`.
    String address() {
        return address;
    }

    /// What the server answered.
    ///
    /// @param warnings as their headers have them
    record Answer(int status, JsonNode body, List<String> warnings) {
        String message() {
            return body.path("message").asText("");
        }
    }

    Answer send(String method, String path, String type, String body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(address + path))
                .timeout(PATIENCE)
                .header("Authorization", "Bearer secret")
                .header("Accept", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofByteArray(body.getBytes(StandardCharsets.UTF_8)));
        if (!type.isEmpty()) {
            request.header("Content-Type", type);
        }
        try {
            HttpResponse<byte[]> answer = client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
            return new Answer(
                    answer.statusCode(),
                    Json.read(answer.body()),
                    answer.headers().allValues("Warning"));
        } catch (IOException e) {
            throw new AssertionError(method + " " + path + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    Answer get(String path) {
        return send("GET", path, "", "");
    }

    Answer post(String path, String body) {
        return send("POST", path, "application/json", body);
    }

    Answer merge(String path, String body) {
        return send("PATCH", path, "application/merge-patch+json", body);
    }

    Answer delete(String path) {
        return send("DELETE", path, "", "");
    }

    /// Creates what a test needs.
    void create(String path, String body) {
        Answer answer = post(path, body);
        if (answer.status() != 201) {
            throw new AssertionError(path + ": " + answer.body());
        }
    }

    /// A page that is no JSON.
    String text(String path) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(address + path))
                .timeout(PATIENCE)
                .header("Authorization", "Bearer secret")
                .build();
        return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }

    @Override
    public void close() {
        client.close();
        server.close();
    }
}
