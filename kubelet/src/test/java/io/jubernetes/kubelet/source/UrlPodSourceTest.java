package io.jubernetes.kubelet.source;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.jubernetes.kubelet.config.NodePolicies;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class UrlPodSourceTest {
    private static final String TWO = """
            apiVersion: v1
            kind: PodList
            items:
            - {metadata: {name: a}, spec: {containers: [{name: c, image: i}]}}
            - {metadata: {name: b}, spec: {containers: [{name: c, image: i}]}}
            """;
    private static final String ONE = RecordedPods.manifest("a", "j");

    @Test
    void followsWhatTheServerSays() throws Exception {
        var manifest = new AtomicReference<>(TWO);
        var unchanged = new AtomicInteger();
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            try (exchange) {
                String text = String.valueOf(manifest.get());
                String tag = "\"" + text.hashCode() + "\"";
                if (!"secret".equals(exchange.getRequestHeaders().getFirst("X-Key"))) {
                    exchange.sendResponseHeaders(403, -1);
                } else if (tag.equals(exchange.getRequestHeaders().getFirst("If-None-Match"))) {
                    unchanged.incrementAndGet();
                    exchange.sendResponseHeaders(304, -1);
                } else {
                    byte[] body = text.getBytes(StandardCharsets.UTF_8);
                    exchange.getResponseHeaders().set("ETag", tag);
                    exchange.sendResponseHeaders(200, body.length);
                    exchange.getResponseBody().write(body);
                }
            }
        });
        server.start();
        var told = new RecordedPods();
        var settings = new NodePolicies.Manifests(
                Optional.of("http://127.0.0.1:" + server.getAddress().getPort() + "/pods"),
                Map.of("X-Key", List.of("secret")),
                Duration.ofSeconds(20),
                Duration.ofMillis(50),
                Optional.empty());
        try (var source = new UrlPodSource(settings, "n", told, Clock.systemUTC())) {
            source.start();
            assertThat(source.uids()).hasSize(2);
            assertThat(told.names()).isEqualTo(Set.of("a-n", "b-n"));
            Awaitility.await().until(() -> unchanged.get() > 0);
            manifest.set(ONE);
            Awaitility.await().until(() -> told.names().equals(Set.of("a-n")));
            assertThat(told.images()).containsExactly("j");
            assertThat(told.pods.values())
                    .allMatch(pod -> "http".equals(StaticPods.annotation(pod, StaticPods.SOURCE)));
        } finally {
            server.stop(0);
        }
    }
}
