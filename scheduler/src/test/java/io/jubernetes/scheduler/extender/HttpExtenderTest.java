package io.jubernetes.scheduler.extender;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.codec.Yaml;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.scheduler.TestObjects;
import io.jubernetes.scheduler.config.SchedulerConfiguration;
import io.jubernetes.scheduler.cycle.World;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A scheduler with an extender, which is a real HTTP server.
class HttpExtenderTest {
    @TempDir
    private Path directory = Path.of("");

    private final Map<String, String> answers = new ConcurrentHashMap<>();
    private final Map<String, JsonNode> asked = new ConcurrentHashMap<>();
    private final HttpServer server;

    HttpExtenderTest() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    }

    @BeforeEach
    void serve() {
        server.createContext("/", exchange -> {
            String verb = exchange.getRequestURI().getPath().substring(1);
            asked.put(verb, Json.read(exchange.getRequestBody().readAllBytes()));
            String answer = answers.get(verb);
            byte[] body = answer == null ? new byte[0] : Json.bytes(Yaml.read(answer.getBytes(StandardCharsets.UTF_8)));
            exchange.sendResponseHeaders(answer == null ? 500 : 200, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private World world(String settings) throws IOException, StartupException {
        Path file = directory.resolve("config.yaml");
        Files.writeString(file, """
                apiVersion: kubescheduler.config.k8s.io/v1
                kind: KubeSchedulerConfiguration
                extenders:
                - urlPrefix: http://127.0.0.1:%d
                  filterVerb: filter
                  nodeCacheCapable: true
                %s
                """.formatted(server.getAddress().getPort(), settings.indent(2)));
        SchedulerConfiguration configuration = SchedulerConfiguration.read(file);
        var world = new World(1, configuration, HttpExtender.of(configuration.extenders()));
        world.with(TestObjects.plainNode("a"), TestObjects.plainNode("b"), TestObjects.plainNode("c"));
        return world;
    }

    private static Pod pod() {
        return TestObjects.pod("p", "1", "1Gi").build();
    }

    @Test
    void filtersAndSaysWhy() throws Exception {
        answers.put("filter", "{nodenames: [b], failedNodes: {a: too hot}, failedAndUnresolvableNodes: {c: burnt}}");
        try (var world = world("")) {
            assertThat(world.decide(pod())).isEqualTo("-> b");
            JsonNode question = Objects.requireNonNull(asked.get("filter"));
            assertThat(question.path("nodenames")).hasSize(3);
            assertThat(question.path("pod").path("metadata").path("name").asText())
                    .isEqualTo("p");
            answers.put(
                    "filter",
                    "{nodenames: [], failedNodes: {a: too hot, b: too hot}, failedAndUnresolvableNodes: {c: burnt}}");
            assertThat(world.decide(pod())).isEqualTo("0/3 nodes are available: 1 burnt, 2 too hot.");
        }
    }

    @Test
    void itsScoresCount() throws Exception {
        answers.put("filter", "{nodenames: [a, b, c]}");
        answers.put("rate", "[{host: a, score: 1}, {host: c, score: 10}]");
        try (var world = world("prioritizeVerb: rate\nweight: 5")) {
            assertThat(world.decide(pod())).isEqualTo("-> c");
        }
    }

    @Test
    void itIsAskedOnlyAboutItsResources() throws Exception {
        answers.put("filter", "{nodenames: [a]}");
        try (var world = world("managedResources: [{name: example.com/gpu, ignoredByScheduler: true}]")) {
            assertThat(world.decide(pod())).startsWith("-> ");
            assertThat(asked).isEmpty();
            Pod gpu = pod().toBuilder()
                    .editSpec()
                    .editFirstContainer()
                    .editResources()
                    .addToRequests("example.com/gpu", new Quantity("1"))
                    .endResources()
                    .endContainer()
                    .endSpec()
                    .build();
            assertThat(world.decide(gpu)).isEqualTo("-> a");
        }
    }

    @Test
    void itsFailureCountsUnlessItMayBeIgnored() throws Exception {
        try (var world = world("")) {
            assertThatThrownBy(() -> world.decide(pod())).hasMessageContaining("code 500");
        }
        try (var world = world("ignorable: true")) {
            assertThat(world.decide(pod())).startsWith("-> ");
        }
    }
}
