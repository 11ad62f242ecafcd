package io.jubernetes.kubelet.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.common.health.HealthChecks;
import io.jubernetes.common.http.ServerSettings;
import io.jubernetes.common.http.ServerTls;
import io.jubernetes.kubelet.TestDocker;
import io.jubernetes.kubelet.TestNode;
import io.jubernetes.kubelet.source.PushedPodSource;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The kubelet's server over HTTPS, with a pod on the real engine.
class KubeletServerTest {
    private static TestNode node;
    private static KubeletServer server;
    private static HttpClient http;
    private static Pod pod;

    @BeforeAll
    static void start() throws Exception {
        TestDocker.require();
        node = new TestNode("server", "10.244.202.0/24");
        server = KubeletServer.start(
                new ServerSettings(
                        "127.0.0.1", 0, "--port", ServerTls.of(null, null, null, "kubelet", List.of("127.0.0.1"))),
                node.engine(),
                new PushedPodSource(node.root.resolve("manifest"), "server", node, Clock.systemUTC()),
                "server",
                null,
                new HealthChecks(),
                new PrometheusMeterRegistry(PrometheusConfig.DEFAULT),
                "{}",
                Clock.systemUTC());
        http = HttpClient.newBuilder().sslContext(TrustAll.context()).build();
        pod = node.run("""
                metadata: {name: target}
                spec:
                  terminationGracePeriodSeconds: 1
                  containers:
                  - name: main
                    image: IMG
                    command: [sh, -c, "for i in 1 2 3; do echo line $i; done; httpd -p 8080 -h /; while true; do sleep 0.2; echo tick; done"]
                """.replace("IMG", TestDocker.IMAGE));
        node.await(pod, TestNode::isReady);
    }

    @AfterAll
    static void stop() throws Exception {
        if (server != null) {
            server.close();
        }
        if (node != null) {
            node.close();
        }
    }

    private static HttpResponse<String> get(String path) throws Exception {
        return http.send(
                HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + server.port() + path))
                        .timeout(Duration.ofSeconds(10))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void servesLogs() throws Exception {
        var answer = get("/containerLogs/default/target/main?limitBytes=14");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("line 1\nline 2\n");
        Awaitility.await()
                .until(() -> get("/containerLogs/default/target/main?tailLines=1")
                        .body()
                        .equals("tick\n"));
        assertThat(get("/containerLogs/default/target/main?timestamps=true&limitBytes=60")
                        .body())
                .matches("(?s)\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d+Z line 1\n.*");
    }

    @Test
    void followsLogs() throws Exception {
        var answer = http.send(
                HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + server.port()
                                + "/containerLogs/default/target/main?follow=true&tailLines=0"))
                        .build(),
                HttpResponse.BodyHandlers.ofInputStream());
        try (var body = answer.body()) {
            assertThat(new String(body.readNBytes(15), StandardCharsets.UTF_8)).isEqualTo("tick\ntick\ntick\n");
        }
    }

    @Test
    void saysWhatIsMissing() throws Exception {
        assertThat(get("/containerLogs/default/nobody/main").statusCode()).isEqualTo(404);
        assertThat(get("/containerLogs/default/target/other").body())
                .isEqualTo("container \"other\" not found in pod \"target\"");
        var previous = get("/containerLogs/default/target/main?previous=true");
        assertThat(previous.statusCode()).isEqualTo(400);
        assertThat(previous.body()).isEqualTo("previous terminated container \"main\" in pod \"target\" not found");
        assertThat(get("/containerLogs/default/target/main?tailLines=many").statusCode())
                .isEqualTo(400);
        assertThat(get("/exec/default/target/main?command=ls").statusCode()).isEqualTo(400);
    }

    @Test
    void tellsAboutItself() throws Exception {
        assertThat(get("/healthz").body()).isEqualTo("ok");
        assertThat(get("/pods").body()).contains("\"target\"");
        assertThat(get("/stats/summary").body()).contains("\"workingSetBytes\"", "\"target\"");
        assertThat(get("/metrics/resource").body())
                .contains("container_cpu_usage_seconds_total{container=\"main\",namespace=\"default\",pod=\"target\"}");
    }

    /// Collects the channels of a stream.
    private static final class Channels implements WebSocket.Listener {
        private final Map<Integer, ByteArrayOutputStream> channels = new TreeMap<>();
        private final ByteArrayOutputStream partial = new ByteArrayOutputStream();
        private final CompletableFuture<Integer> closed = new CompletableFuture<>();

        @Override
        public synchronized CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
            byte[] bytes = new byte[data.remaining()];
            data.get(bytes);
            partial.writeBytes(bytes);
            if (last) {
                byte[] message = partial.toByteArray();
                partial.reset();
                channels.computeIfAbsent((int) message[0], _ -> new ByteArrayOutputStream())
                        .write(message, 1, message.length - 1);
            }
            socket.request(1);
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletionStage<?> onClose(WebSocket socket, int status, String reason) {
            closed.complete(status);
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public void onError(WebSocket socket, Throwable error) {
            closed.completeExceptionally(error);
        }

        synchronized String text(int channel) {
            var stream = channels.get(channel);
            return stream == null ? "" : stream.toString(StandardCharsets.UTF_8);
        }
    }

    private static WebSocket open(Channels channels, String options, String... command) throws Exception {
        var query = new StringBuilder(options);
        for (String part : command) {
            query.append("&command=").append(URLEncoder.encode(part, StandardCharsets.UTF_8));
        }
        return http.newWebSocketBuilder()
                .subprotocols("v5.channel.k8s.io", "v4.channel.k8s.io")
                .buildAsync(
                        URI.create("wss://127.0.0.1:" + server.port() + "/exec/default/target/main?" + query), channels)
                .get(10, TimeUnit.SECONDS);
    }

    @Test
    void runsCommands() throws Exception {
        var channels = new Channels();
        var _ = open(channels, "output=1&error=1", "sh", "-c", "echo out; echo err >&2; exit 3");
        assertThat(channels.closed.get(10, TimeUnit.SECONDS)).isEqualTo(1000);
        assertThat(channels.text(1)).isEqualTo("out\n");
        assertThat(channels.text(2)).isEqualTo("err\n");
        assertThat(channels.text(3)).contains("NonZeroExitCode", "\"3\"");
    }

    @Test
    void endsStandardInput() throws Exception {
        var channels = new Channels();
        WebSocket socket = open(channels, "input=1&output=1", "cat");
        assertThat(socket.getSubprotocol()).isEqualTo("v5.channel.k8s.io");
        socket.sendBinary(ByteBuffer.wrap("\0hello\n".getBytes(StandardCharsets.UTF_8)), true)
                .get(5, TimeUnit.SECONDS);
        socket.sendBinary(ByteBuffer.wrap(new byte[] {(byte) 255, 0}), true).get(5, TimeUnit.SECONDS);
        assertThat(channels.closed.get(10, TimeUnit.SECONDS)).isEqualTo(1000);
        assertThat(channels.text(1)).isEqualTo("hello\n");
        assertThat(channels.text(3)).contains("Success");
    }

    @Test
    void forwardsPortsInWhicheverKnownProtocolIsOffered() throws Exception {
        var channels = new Channels();
        WebSocket socket = http.newWebSocketBuilder()
                .subprotocols("v5.channel.k8s.io", "v4.channel.k8s.io", "v3.channel.k8s.io")
                .buildAsync(
                        URI.create("wss://127.0.0.1:" + server.port() + "/portForward/default/target?port=8080"),
                        channels)
                .get(10, TimeUnit.SECONDS);
        assertThat(socket.getSubprotocol()).isEqualTo("v4.channel.k8s.io");
        // At once, before the kubelet has reached the port.
        socket.sendBinary(
                        ByteBuffer.wrap("\0GET /etc/hostname HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.UTF_8)), true)
                .get(5, TimeUnit.SECONDS);
        assertThat(channels.closed.get(10, TimeUnit.SECONDS)).isEqualTo(1000);
        assertThat(channels.text(0)).contains("200 OK");
    }

    @Test
    void terminalsHaveASize() throws Exception {
        var channels = new Channels();
        String script = "echo ready; read x; echo got $x;"
                + " while [ \"$(stty size)\" != '40 100' ]; do sleep 0.1; done; test -t 0 && echo tty";
        WebSocket socket = open(channels, "input=1&output=1&tty=1", "sh", "-c", script);
        // What is typed before the shell has its terminal is lost, there as here.
        Awaitility.await().until(() -> channels.text(1).contains("ready"));
        socket.sendBinary(ByteBuffer.wrap("\4{\"Width\":100,\"Height\":40}".getBytes(StandardCharsets.UTF_8)), true)
                .get(5, TimeUnit.SECONDS);
        socket.sendBinary(ByteBuffer.wrap("\0word\n".getBytes(StandardCharsets.UTF_8)), true)
                .get(5, TimeUnit.SECONDS);
        assertThat(channels.closed.get(10, TimeUnit.SECONDS)).isEqualTo(1000);
        assertThat(channels.text(1)).contains("got word\r\n", "tty\r\n");
    }
}
