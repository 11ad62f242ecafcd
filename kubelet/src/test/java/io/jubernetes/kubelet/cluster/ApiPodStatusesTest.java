package io.jubernetes.kubelet.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.jubernetes.kubelet.TestNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What is written of pods that somebody deleted by force.
class ApiPodStatusesTest {
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private HttpServer server;
    private KubernetesClient client;
    private ApiPodStatuses statuses;
    private volatile int patchAnswer = 200;
    private volatile int getAnswer = 200;
    private volatile String uid = "another";

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
        client = new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder()
                        .withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort())
                        .withRequestRetryBackoffLimit(0)
                        .build())
                .build();
        statuses = new ApiPodStatuses(client);
    }

    @AfterEach
    void stop() {
        statuses.close();
        client.close();
        server.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        String name = path.contains("/other") ? "other" : "web";
        requests.add(exchange.getRequestMethod() + " " + name);
        int code = exchange.getRequestMethod().equals("PATCH") ? patchAnswer : getAnswer;
        String body = code == 200
                ? "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"%s\",\"uid\":\"%s\"}}"
                        .formatted(name, uid)
                : "{\"apiVersion\":\"v1\",\"kind\":\"Status\",\"code\":" + code + ",\"message\":\"no\"}";
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(code, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private void say(Pod pod, String phase) {
        statuses.update(pod, new PodStatusBuilder().withPhase(phase).build());
    }

    private long patches() {
        return requests.stream().filter("PATCH web"::equals).count();
    }

    @ParameterizedTest(name = "the API server answers {0}, and {1} to the question for the pod")
    @CsvSource({"404, 404", "409, 200", "422, 200", "403, 200", "403, 404", "403, 403"})
    void nothingMoreIsWrittenOfAPodThatIsGone(int onPatch, int onGet) {
        patchAnswer = onPatch;
        getAnswer = onGet;
        Pod pod = TestNode.pod("metadata: {name: web}");
        say(pod, "Running");
        Awaitility.await().until(() -> requests.contains(onPatch == 404 ? "PATCH web" : "GET web"));
        patchAnswer = 200;
        say(TestNode.pod("metadata: {name: other}"), "Running");
        Awaitility.await().until(() -> requests.contains("PATCH other"));
        say(pod, "Succeeded");
        say(TestNode.pod("metadata: {name: other}"), "Running");
        Awaitility.await()
                .until(() -> requests.stream().filter("PATCH other"::equals).count() == 2);
        assertThat(patches()).isEqualTo(1);
    }

    @Test
    void aRefusalThatHasAnotherReasonIsTriedAgain() {
        Pod pod = TestNode.pod("metadata: {name: web}");
        uid = pod.getMetadata().getUid();
        patchAnswer = 403;
        say(pod, "Running");
        Awaitility.await().until(() -> patches() >= 2);
        patchAnswer = 200;
        say(pod, "Succeeded");
        long before = patches();
        Awaitility.await().until(() -> patches() > before);
    }
}
