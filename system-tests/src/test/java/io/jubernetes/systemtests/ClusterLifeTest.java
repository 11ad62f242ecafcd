package io.jubernetes.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A cluster's life as the README tells it: up, demo, crash, up again, down.
class ClusterLifeTest {
    private static final Duration LONG = Duration.ofMinutes(6);
    private static final Duration SHORT = Duration.ofMinutes(1);

    @TempDir
    Path temp;

    private Path dataDir = Path.of("");
    private Set<String> containersBefore = Set.of();

    @BeforeEach
    void lookAround() throws IOException, InterruptedException {
        dataDir = temp.resolve("cluster");
        containersBefore = containers();
    }

    @AfterEach
    void leaveNothing() throws IOException, InterruptedException {
        if (Files.exists(dataDir)) {
            jube(LONG, "down", "--purge");
        }
    }

    private Machine.Ran jube(Duration limit, String command, String... flags) throws IOException, InterruptedException {
        return Machine.jube(limit, dataDir, command, flags);
    }

    private Machine.Ran kubectl(String... arguments) throws IOException, InterruptedException {
        String[] line = new String[arguments.length + 1];
        line[0] = "kubectl";
        System.arraycopy(arguments, 0, line, 1, arguments.length);
        return Machine.run(
                SHORT, Map.of("KUBECONFIG", dataDir.resolve("admin.kubeconfig").toString()), line);
    }

    private static Set<String> containers() throws IOException, InterruptedException {
        return Set.copyOf(Machine.run(SHORT, Map.of(), "docker", "ps", "-aq")
                .output()
                .lines()
                .toList());
    }

    /// The containers that came since the test began.
    private Set<String> ownContainers() throws IOException, InterruptedException {
        Set<String> own = new HashSet<>(containers());
        own.removeAll(containersBefore);
        return own;
    }

    @ParameterizedTest
    @ValueSource(strings = {"embedded", "etcd"})
    void upDemoCrashUpDown(String storage) throws IOException, InterruptedException {
        String port = Integer.toString(Machine.freePort());
        Machine.Ran up = jube(LONG, "up", "--secure-port", port, "--storage", storage);
        assertThat(up.code()).as(up.output()).isZero();
        assertThat(Files.getPosixFilePermissions(dataDir.resolve("admin.kubeconfig")))
                .as("the kubeconfig is its owner's alone")
                .hasSize(2);
        assertThat(kubectl("get", "nodes").output()).contains("Ready");

        Machine.Ran demo = jube(LONG, "demo");
        assertThat(demo.code()).as(demo.output()).isZero();

        commandsAndPortsAreStreamed();

        // The roll-out's old pods take their time to end; after that nothing changes by itself any more.
        Awaitility.await()
                .atMost(LONG)
                .until(() -> kubectl("-n", "demo", "get", "pods", "-o", "name")
                                .output()
                                .lines()
                                .count()
                        == 3);
        String pods = kubectl("-n", "demo", "get", "pods", "-o", "name").output();
        Set<String> before = ownContainers();
        long jvm = Long.parseLong(
                Files.readString(dataDir.resolve("jubernetes.pid")).strip());
        ProcessHandle.of(jvm).orElseThrow().destroyForcibly();
        Awaitility.await().atMost(SHORT).until(() -> ProcessHandle.of(jvm).isEmpty());
        Machine.Ran again = jube(LONG, "up");
        assertThat(again.code()).as(again.output()).isZero();
        assertThat(kubectl("-n", "demo", "get", "pods", "-o", "name").output()).isEqualTo(pods);
        assertThat(ownContainers())
                .as("running containers were not touched")
                .isEqualTo(before)
                .isNotEmpty();

        Machine.Ran status = jube(SHORT, "status");
        assertThat(status.output()).contains("running").contains("ready");
        Machine.Ran down = jube(LONG, "down", "--purge");
        assertThat(down.code()).as(down.output()).isZero();
        assertThat(ownContainers()).isEmpty();
        assertThat(dataDir).doesNotExist();
    }

    private void commandsAndPortsAreStreamed() throws IOException, InterruptedException {
        String config = dataDir.resolve("admin.kubeconfig").toString();
        Machine.Ran failing =
                kubectl("-n", "demo", "exec", "deployment/web", "--", "sh", "-c", "echo out; echo err >&2; exit 7");
        assertThat(failing.code()).as(failing.output()).isEqualTo(7);
        assertThat(failing.output()).contains("out").contains("err");
        // More than fits into any buffer on the way, there and back.
        Machine.Ran echoed = Machine.run(
                SHORT,
                Map.of("KUBECONFIG", config),
                "sh",
                "-c",
                "head -c 5000000 /dev/zero | kubectl -n demo exec -i deployment/web -- cat | wc -c");
        assertThat(echoed.output().strip()).endsWith("5000000");
        Machine.Ran proxied =
                kubectl("get", "--raw", "/api/v1/namespaces/demo/services/web:http/proxy/page/index.html");
        assertThat(proxied.output()).contains("Hello from Jubernetes");

        int port = Machine.freePort();
        var builder = new ProcessBuilder("kubectl", "-n", "demo", "port-forward", "deployment/web", port + ":8080")
                .redirectErrorStream(true)
                .redirectOutput(temp.resolve("port-forward.log").toFile());
        builder.environment().put("KUBECONFIG", config);
        Process forward = builder.start();
        try (var client = HttpClient.newHttpClient()) {
            var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/page/index.html"))
                    .timeout(Duration.ofSeconds(10))
                    .build();
            Awaitility.await()
                    .atMost(SHORT)
                    .ignoreExceptions()
                    .untilAsserted(() -> assertThat(client.send(request, HttpResponse.BodyHandlers.ofString())
                                    .body())
                            .contains("Hello from Jubernetes"));
        } finally {
            forward.destroy();
        }
    }

    @Test
    void anUnknownFlagNamesTheNearestOne() throws IOException, InterruptedException {
        Machine.Ran ran = Machine.run(SHORT, Map.of(), "./jube", "run", "apiserver", "--etcd-server=x");
        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.output()).contains("--etcd-servers");
    }

    @Test
    void aTakenPortIsAnErrorWithItsRemedy() throws IOException, InterruptedException {
        try (var taken = new java.net.ServerSocket(0)) {
            Machine.Ran ran = jube(SHORT, "up", "--secure-port", Integer.toString(taken.getLocalPort()));
            assertThat(ran.code()).isEqualTo(1);
            assertThat(ran.output()).contains("error: port " + taken.getLocalPort() + " is in use");
            assertThat(dataDir).doesNotExist();
        }
    }

    @Test
    void withoutAClusterTheErrorSaysHowToMakeOne() throws IOException, InterruptedException {
        Machine.Ran ran = jube(SHORT, "status");
        assertThat(ran.code()).isEqualTo(1);
        assertThat(ran.output()).contains("./jube up");
    }
}
