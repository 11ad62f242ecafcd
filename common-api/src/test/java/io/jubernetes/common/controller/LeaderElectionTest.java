package io.jubernetes.common.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.codec.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Against a server that knows one lease.
class LeaderElectionTest {
    private final HttpServer server = server();
    private @Nullable ObjectNode lease; // guarded by this
    private int revision; // guarded by this
    private volatile boolean broken;

    private static HttpServer server() {
        try {
            return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @BeforeEach
    void serve() {
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::answer);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private synchronized void answer(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        int code = 200;
        ObjectNode there = lease;
        if (broken) {
            code = 500;
        } else {
            switch (exchange.getRequestMethod()) {
                case "GET" -> code = there == null ? 404 : 200;
                case "POST" -> {
                    code = there == null ? 201 : 409;
                    if (there == null) {
                        store(body);
                    }
                }
                default -> {
                    ObjectNode wanted = (ObjectNode) Json.read(body);
                    boolean current =
                            wanted.path("metadata").path("resourceVersion").asInt() == revision;
                    code = current ? 200 : 409;
                    if (current) {
                        store(body);
                    }
                }
            }
        }
        byte[] answer = code < 300 && lease != null
                ? Json.bytes(lease)
                : ("{\"kind\":\"Status\",\"code\":" + code + "}").getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(code, answer.length);
        exchange.getResponseBody().write(answer);
        exchange.close();
    }

    private synchronized void store(byte[] body) throws IOException {
        ObjectNode stored = (ObjectNode) Json.read(body);
        ((ObjectNode) stored.path("metadata")).put("resourceVersion", Integer.toString(++revision));
        lease = stored;
    }

    private synchronized String holder() {
        return lease == null ? "" : lease.path("spec").path("holderIdentity").asText();
    }

    private KubernetesClient client() {
        return new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder()
                        .withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort())
                        .withRequestRetryBackoffLimit(0)
                        .build())
                .build();
    }

    private static LeaderElection.Settings settings(String identity) {
        return new LeaderElection.Settings(
                "kube-system",
                "test",
                identity,
                Duration.ofMillis(1500),
                Duration.ofMillis(800),
                Duration.ofMillis(100));
    }

    @Test
    void oneLeadsAndTheOtherTakesOverAtOnceWhenItStops() {
        var leading = new AtomicInteger();
        LeaderElection.Leading work = () -> {
            leading.incrementAndGet();
            return leading::decrementAndGet;
        };
        try (var client = client()) {
            var first = LeaderElection.start(client, settings("first"), LeaderFence.shut(), work, Clock.systemUTC());
            await().until(() -> leading.get() == 1);
            try (var second =
                    LeaderElection.start(client, settings("second"), LeaderFence.shut(), work, Clock.systemUTC())) {
                await().during(Duration.ofMillis(500)).until(() -> leading.get() == 1 && !second.isLeading());
                first.close();
                assertThat(first.isLeading()).isFalse();
                await().until(second::isLeading);
                assertThat(holder()).isEqualTo("second");
                await().until(() -> leading.get() == 1);
            }
            assertThat(leading).hasValue(0);
            assertThat(holder()).isEmpty();
        }
    }

    @Test
    void whoCannotRenewStopsItsWorkAndTriesAgain() {
        var leading = new AtomicInteger();
        try (var client = client();
                var _ = LeaderElection.start(
                        client,
                        settings("only"),
                        LeaderFence.shut(),
                        () -> {
                            leading.incrementAndGet();
                            return leading::decrementAndGet;
                        },
                        Clock.systemUTC())) {
            await().until(() -> leading.get() == 1);
            broken = true;
            await().until(() -> leading.get() == 0);
            broken = false;
            await().until(() -> leading.get() == 1);
        }
        assertThat(leading).hasValue(0);
    }

    @Test
    void whoCannotRenewMayNotWriteEvenWhileItsWorkHangs() {
        var fence = LeaderFence.shut();
        var hanging = new CountDownLatch(1);
        try (var client = client();
                var fenced = fence.fenced(client)) {
            assertThat(reachesServer(fenced)).isFalse();
            var election =
                    LeaderElection.start(client, settings("paused"), fence, () -> hanging::await, Clock.systemUTC());
            await().until(election::isLeading);
            assertThat(reachesServer(fenced)).isTrue();
            broken = true;
            await().until(() -> !fence.isOpen());
            assertThat(election.isLeading()).as("the work has not ended").isTrue();
            broken = false;
            assertThat(reachesServer(fenced)).isFalse();
            assertThat(fenced.leases()
                            .inNamespace("kube-system")
                            .withName("test")
                            .get())
                    .as("reading is no harm")
                    .isNotNull();
            hanging.countDown();
            election.close();
            assertThat(fence.isOpen()).isFalse();
        }
    }

    /// Whether a write gets as far as to the server, which has something against it.
    private static boolean reachesServer(KubernetesClient client) {
        try {
            client.resource(new LeaseBuilder()
                            .withNewMetadata()
                            .withName("other")
                            .withNamespace("kube-system")
                            .endMetadata()
                            .build())
                    .create();
            return true;
        } catch (KubernetesClientException e) {
            return e.getCode() == 409;
        }
    }
}
