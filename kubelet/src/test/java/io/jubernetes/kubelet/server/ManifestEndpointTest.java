package io.jubernetes.kubelet.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.health.HealthChecks;
import io.jubernetes.common.http.DelegatedAccess;
import io.jubernetes.common.http.ServerSettings;
import io.jubernetes.common.http.ServerTls;
import io.jubernetes.kubelet.TestDocker;
import io.jubernetes.kubelet.TestNode;
import io.jubernetes.kubelet.source.PushedPodSource;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Manifests that are sent to the kubelet's server, by one who may and by others.
class ManifestEndpointTest {
    private static TestNode node;
    private static HttpServer api;
    private static KubernetesClient client;
    private static KubeletServer server;
    private static PushedPodSource source;
    private static HttpClient http;

    @BeforeAll
    static void start() throws Exception {
        TestDocker.require();
        node = new TestNode("manifests", "10.244.208.0/24");
        api = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        api.createContext("/", ManifestEndpointTest::review);
        api.start();
        client = new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder()
                        .withMasterUrl("http://127.0.0.1:" + api.getAddress().getPort())
                        .build())
                .build();
        source = newSource();
        source.start();
        server = KubeletServer.start(
                new ServerSettings(
                        "127.0.0.1", 0, "--port", ServerTls.of(null, null, null, "kubelet", List.of("127.0.0.1"))),
                node.engine(),
                source,
                "manifests",
                new DelegatedAccess(client, null),
                new HealthChecks(),
                new PrometheusMeterRegistry(PrometheusConfig.DEFAULT),
                "{}",
                Clock.systemUTC());
        http = HttpClient.newBuilder().sslContext(TrustAll.context()).build();
    }

    private static PushedPodSource newSource() {
        return new PushedPodSource(node.root.resolve("pushed"), "manifests", node, Clock.systemUTC());
    }

    @AfterAll
    static void stop() throws Exception {
        if (node == null) {
            return;
        }
        server.close();
        client.close();
        api.stop(0);
        node.close();
    }

    /// An API server that knows two tokens, one of which may do everything on nodes.
    private static void review(HttpExchange exchange) throws IOException {
        JsonNode review = Json.read(exchange.getRequestBody().readAllBytes());
        ObjectNode status = ((ObjectNode) review).putObject("status");
        if (review.path("kind").asText().equals("TokenReview")) {
            String token = review.path("spec").path("token").asText();
            status.put("authenticated", token.equals("admin") || token.equals("reader"));
            status.putObject("user").put("username", token);
        } else {
            JsonNode spec = review.path("spec");
            status.put(
                    "allowed",
                    spec.path("user").asText().equals("admin")
                            && spec.path("resourceAttributes")
                                    .path("subresource")
                                    .asText()
                                    .equals("proxy"));
        }
        byte[] body = Json.bytes(review);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private static int send(String method, String token, String body) throws Exception {
        return http.send(
                        HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + server.port() + "/manifest"))
                                .timeout(Duration.ofSeconds(10))
                                .header("Authorization", "Bearer " + token)
                                .method(method, HttpRequest.BodyPublishers.ofString(body))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .statusCode();
    }

    private static String manifest(String text) {
        return """
                apiVersion: v1
                kind: Pod
                metadata: {name: pushed}
                spec:
                  terminationGracePeriodSeconds: 1
                  containers: [{name: main, image: %s, command: [sh, -c, "echo %s; exec sleep 1000"]}]
                """.formatted(TestDocker.IMAGE, text);
    }

    @Test
    void aManifestIsRunUntilItIsTakenBack() throws Exception {
        assertThat(send("PUT", "stranger", manifest("one"))).isEqualTo(401);
        assertThat(send("PUT", "reader", manifest("one"))).isEqualTo(403);
        assertThat(send("GET", "admin", "")).isEqualTo(404);
        assertThat(send("PUT", "admin", manifest("one"))).isEqualTo(200);
        var uids = source.uids();
        assertThat(uids).hasSize(1);
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> TestNode.isReady(node.cluster.status("pushed-manifests")));

        assertThat(send("PUT", "admin", "kind: Service")).isEqualTo(400);
        assertThat(source.uids()).isEqualTo(uids);
        assertThat(send("GET", "reader", "")).isEqualTo(403);
        assertThat(send("GET", "admin", "")).isEqualTo(200);

        PushedPodSource next = newSource();
        next.start();
        assertThat(next.uids()).as("after a restart of the kubelet").isEqualTo(uids);

        assertThat(send("DELETE", "admin", "")).isEqualTo(200);
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() ->
                        node.engine().states().get(uids.iterator().next()).all().isEmpty());
        PushedPodSource last = newSource();
        last.start();
        assertThat(last.uids()).isEmpty();
    }
}
