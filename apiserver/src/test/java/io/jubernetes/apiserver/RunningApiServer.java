package io.jubernetes.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.component.StartupException;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

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

    static RunningApiServer start(Path folder) throws IOException, StartupException, GeneralSecurityException {
        int port;
        try (var free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        Path tokens = folder.resolve("tokens.csv");
        Files.writeString(tokens, "secret,admin,1,\"system:masters\"\nother,jane,2,\"people\"\n");
        ApiServer server = ApiServer.start(ApiServerCommand.optionsOf(
                "--bind-address=127.0.0.1",
                "--secure-port=" + port,
                "--advertise-address=192.0.2.10",
                "--data-dir=" + folder.resolve("data"),
                "--token-auth-file=" + tokens,
                "--authorization-mode=RBAC",
                "--anonymous-auth=false"));
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(null, new TrustManager[] {new TrustAll()}, null);
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

    private static final class TrustAll extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
