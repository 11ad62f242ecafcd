package io.jubernetes.apiserver.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.pki.CertificateAuthority;
import io.jubernetes.common.pki.CertificateRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Clock;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/// A webhook server in this JVM: TLS with a certificate of an authority of its own, and one behaviour
/// a path.
public final class WebhookServer implements AutoCloseable {
    private static final char[] NO_PASSWORD = new char[0];

    private final HttpsServer server;
    private final CertificateAuthority authority;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<String, Reaction> reactions = new ConcurrentHashMap<>();
    private final Map<String, List<JsonNode>> reviews = new ConcurrentHashMap<>();
    private final CountDownLatch closing = new CountDownLatch(1);

    /// What the server does with a request.
    @FunctionalInterface
    interface Reaction {
        void to(HttpExchange exchange, JsonNode review) throws IOException, InterruptedException;
    }

    private WebhookServer(HttpsServer server, CertificateAuthority authority) {
        this.server = server;
        this.authority = authority;
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    /// @param names the certificate is for, beside 127.0.0.1
    public static WebhookServer start(String... names) throws IOException, GeneralSecurityException {
        return start(List.of("127.0.0.1"), List.of(names));
    }

    /// A server whose certificate is for no address.
    public static WebhookServer startAs(String name) throws IOException, GeneralSecurityException {
        return start(List.of(), List.of(name));
    }

    private static WebhookServer start(List<String> addresses, List<String> names)
            throws IOException, GeneralSecurityException {
        CertificateAuthority authority = CertificateAuthority.create("webhooks", Clock.systemUTC());
        KeyPair key = CertificateAuthority.newKeyPair();
        Certificate certificate =
                authority.issue(CertificateRequest.server("webhook", names, addresses), key.getPublic());
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("server", key.getPrivate(), NO_PASSWORD, new Certificate[] {certificate});
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, NO_PASSWORD);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(keys.getKeyManagers(), null, null);
        HttpsServer server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(tls));
        return new WebhookServer(server, authority);
    }

    public int port() {
        return server.getAddress().getPort();
    }

    public String url(String path) {
        return "https://127.0.0.1:" + port() + path;
    }

    /// The authority's certificate as a `caBundle`.
    public String bundle() {
        return Base64.getEncoder().encodeToString(authority.pem().getBytes(StandardCharsets.UTF_8));
    }

    /// A `clientConfig` for a path of this server.
    public String client(String path) {
        return "{\"url\":\"" + url(path) + "\",\"caBundle\":\"" + bundle() + "\"}";
    }

    /// The reviews a path has got.
    public List<JsonNode> reviews(String path) {
        return reviews.getOrDefault(path, List.of());
    }

    /// Answers on a path what a function makes of the review.
    public void answer(String path, Function<JsonNode, JsonNode> answer) {
        raw(path, 200, review -> Json.bytes(answer.apply(review)));
    }

    /// Answers on a path with a status and bytes.
    public void raw(String path, int status, Function<JsonNode, byte[]> answer) {
        reactions.put(path, (exchange, review) -> {
            byte[] body = answer.apply(review);
            exchange.getResponseHeaders().add("Content-Type", "application/json");
            exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
        });
    }

    /// Never answers on a path.
    ///
    /// @param headers whether the headers come, and the body does not
    public void hang(String path, boolean headers) {
        reactions.put(path, (exchange, _) -> {
            if (headers) {
                exchange.sendResponseHeaders(200, 100);
                exchange.getResponseBody().write('{');
                exchange.getResponseBody().flush();
            }
            var _ = closing.await(60, TimeUnit.SECONDS);
        });
    }

    /// An answer to an admission review.
    ///
    /// @param response what it says beside its uid
    public static JsonNode review(JsonNode review, String response) {
        var answer = Json.object().put("kind", "AdmissionReview").put("apiVersion", "admission.k8s.io/v1");
        answer.putObject("response")
                .put("uid", review.path("request").path("uid").asText())
                .setAll((com.fasterxml.jackson.databind.node.ObjectNode) Json.parse(response));
        return answer;
    }

    /// An answer that lets a request pass with JSON patch operations.
    public static JsonNode patch(JsonNode review, String operations) {
        String patch = Base64.getEncoder().encodeToString(operations.getBytes(StandardCharsets.UTF_8));
        return review(review, "{\"allowed\":true,\"patchType\":\"JSONPatch\",\"patch\":\"" + patch + "\"}");
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            JsonNode review = Json.read(exchange.getRequestBody().readAllBytes());
            reviews.computeIfAbsent(path, _ -> new CopyOnWriteArrayList<>()).add(review);
            Reaction reaction = reactions.get(path);
            if (reaction == null) {
                exchange.sendResponseHeaders(404, -1);
            } else {
                reaction.to(exchange, review);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        closing.countDown();
        server.stop(0);
        threads.shutdownNow();
    }
}
