package io.jubernetes.apiserver.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.testing.ClusterFixture;
import io.jubernetes.apiserver.testing.WebhookServer;
import io.jubernetes.apiserver.webhook.WebhookClient.Address;
import io.jubernetes.common.codec.Json;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Where webhooks are reached, and what keeps bad ones from harm.
class WebhookClientTest {
    private static final String SERVICE =
            "{\"service\":{\"name\":\"hook\",\"namespace\":\"ns\",\"path\":\"/x\",\"port\":%d},\"caBundle\":\"%s\"}";

    @TempDir
    Path folder;

    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();

    private static WebhookClient.Call call(String config, Duration timeout) {
        return new WebhookClient.Call("hook", Json.parse(config), Json.object().put("q", 1), timeout, 1 << 20);
    }

    private static WebhookClient.Call call(String config) {
        return call(config, Duration.ofSeconds(10));
    }

    @Test
    void aServiceIsReachedAtAReadyEndpointAndKnownByItsName() throws IOException, GeneralSecurityException {
        try (ClusterFixture cluster = ClusterFixture.open(folder);
                WebhookServer server = WebhookServer.startAs("hook.ns.svc")) {
            server.answer("/x", review -> review);
            cluster.put(
                    "v1",
                    "services",
                    "ns",
                    "hook",
                    "{spec: {clusterIP: 192.0.2.1, ports: [{name: https, port: 443}, {name: other, port: 444}]}}");
            cluster.put("v1", "services", "ns", "headless", "{spec: {clusterIP: None, ports: [{port: 443}]}}");
            cluster.put(
                    "discovery.k8s.io/v1",
                    "endpointslices",
                    "ns",
                    "hook-1",
                    "{metadata: {labels: {kubernetes.io/service-name: hook}}, ports: [{name: https, port: "
                            + server.port() + "}], endpoints: [{addresses: [192.0.2.7], conditions: {ready: false}},"
                            + " {addresses: [127.0.0.1], conditions: {ready: true}}]}");
            cluster.settle();
            var routing = new ServiceRouting(cluster.catalog(), cluster.storage());
            var client = new WebhookClient(routing, metrics);
            JsonNode answer = client.post(call(SERVICE.formatted(443, server.bundle())));
            assertThat(answer.path("q").asInt()).isEqualTo(1);
            assertThatThrownBy(() -> client.post(call(SERVICE.formatted(445, server.bundle()))))
                    .hasMessage("Post \"https://hook.ns.svc:445/x?timeout=10s\": no service port 445 found for service"
                            + " \"hook\"");
            assertThat(routing.find("ns", "hook", 444)).isEqualTo(new Address("192.0.2.1", 444));
            assertThatThrownBy(() -> routing.find("ns", "headless", 443))
                    .hasMessage("cannot route to service with ClusterIP \"None\"");
        }
    }

    @Test
    void aWebhookThatKeepsFailingIsLeftAloneForAWhile() throws IOException, GeneralSecurityException {
        try (WebhookServer server = WebhookServer.start()) {
            server.raw("/x", 500, _ -> new byte[0]);
            server.answer("/y", review -> review);
            var client = new WebhookClient((_, _, _) -> new Address("", 0), metrics);
            for (int i = 0; i < 10; i++) {
                assertThatThrownBy(() -> client.post(call(server.client("/x")))).hasMessageContaining("an error on");
            }
            assertThatThrownBy(() -> client.post(call(server.client("/x"))))
                    .hasMessageContaining("it has kept failing and is not asked for a while");
            assertThat(server.reviews("/x")).hasSize(10);
            assertThat(state("hook")).isEqualTo(1);
            // Another webhook of the same server is called all the same.
            var other = new WebhookClient.Call(
                    "other", Json.parse(server.client("/y")), Json.object(), Duration.ofSeconds(10), 1 << 20);
            assertThat(client.post(other).isObject()).isTrue();
            assertThat(state("other")).isEqualTo(0);
        }
    }

    private double state(String webhook) {
        return metrics.get("apiserver_webhook_circuit_breaker_state")
                .tag("name", webhook)
                .gauge()
                .value();
    }

    @Test
    void callsOfOneWebhookAtATimeAreBounded() throws IOException, GeneralSecurityException, InterruptedException {
        try (WebhookServer server = WebhookServer.start();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            server.hang("/x", false);
            var client = new WebhookClient((_, _, _) -> new Address("", 0), metrics);
            List<Future<JsonNode>> calls = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                calls.add(threads.submit(() -> client.post(call(server.client("/x"), Duration.ofSeconds(5)))));
            }
            Awaitility.await()
                    .atMost(Duration.ofSeconds(4))
                    .pollInterval(Duration.ofMillis(10))
                    .until(() -> server.reviews("/x").size() >= 32);
            assertThat(server.reviews("/x")).hasSize(32);
            List<String> failures = new ArrayList<>();
            for (Future<JsonNode> call : calls) {
                try {
                    failures.add(call.get().toString());
                } catch (ExecutionException e) {
                    failures.add(String.valueOf(e.getMessage()));
                }
            }
            assertThat(failures).allMatch(text -> text.contains("Post \"" + server.url("/x") + "?timeout=5s\": "));
        }
    }
}
