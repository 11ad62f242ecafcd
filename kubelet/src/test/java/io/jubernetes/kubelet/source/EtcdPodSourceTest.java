package io.jubernetes.kubelet.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.jubernetes.common.time.Deadline;
import io.jubernetes.kubelet.config.NodePolicies;
import io.jubernetes.kubelet.rpc.Message;
import io.jubernetes.kubelet.rpc.RpcChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A manifest in a real etcd, which changes, goes, is damaged, and whose server stops for a while.
class EtcdPodSourceTest {
    private static final Path PROGRAM = Path.of("/usr/bin/etcd");
    private static final String KEY = "/jubernetes/manifests/n";

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static Process start(Path directory, int port, int peers) throws IOException {
        return new ProcessBuilder(
                        PROGRAM.toString(),
                        "--data-dir=" + directory.resolve("data"),
                        "--listen-client-urls=http://127.0.0.1:" + port,
                        "--advertise-client-urls=http://127.0.0.1:" + port,
                        "--listen-peer-urls=http://127.0.0.1:" + peers,
                        "--initial-advertise-peer-urls=http://127.0.0.1:" + peers,
                        "--initial-cluster=default=http://127.0.0.1:" + peers)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("log").toFile())
                .start();
    }

    private static void call(int port, String method, Message request) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .ignoreExceptions()
                .until(
                        () -> {
                            try (var channel = RpcChannel.tcp("127.0.0.1", port, "")) {
                                return channel.call(
                                        "etcdserverpb.KV/" + method, request, Deadline.in(Duration.ofSeconds(2)));
                            }
                        },
                        _ -> true);
    }

    private static void put(int port, String value) {
        call(port, "Put", new Message().put(1, KEY).put(2, value));
    }

    @Test
    void followsTheKey(@TempDir Path directory) throws Exception {
        Assumptions.assumeTrue(Files.isExecutable(PROGRAM), "no etcd installed");
        int port = freePort();
        int peers = freePort();
        Process etcd = start(directory, port, peers);
        var told = new RecordedPods();
        var settings = new NodePolicies.EtcdManifest(
                List.of("http://127.0.0.1:" + port), KEY, Optional.empty(), Optional.empty(), Optional.empty());
        try (var source = new EtcdPodSource(settings, "n", told, Clock.systemUTC())) {
            put(port, RecordedPods.manifest("a", "i"));
            source.start();
            assertThat(source.uids()).hasSize(1);
            assertThat(told.names()).containsExactly("a-n");
            assertThat(told.pods.values())
                    .allMatch(pod -> "etcd".equals(StaticPods.annotation(pod, StaticPods.SOURCE)));

            put(
                    port,
                    "kind: PodList\nitems:\n- " + RecordedPods.manifest("a", "j") + "\n- "
                            + RecordedPods.manifest("b", "j"));
            Awaitility.await().until(() -> told.names().equals(Set.of("a-n", "b-n")));
            assertThat(told.images()).containsExactly("j");

            put(port, "kind: Nonsense");
            put(port, RecordedPods.manifest("c", "i"));
            Awaitility.await().until(() -> told.names().equals(Set.of("c-n")));

            etcd.destroy();
            etcd.waitFor();
            etcd = start(directory, port, peers);
            put(port, RecordedPods.manifest("d", "i"));
            Awaitility.await()
                    .atMost(Duration.ofSeconds(45))
                    .until(() -> told.names().equals(Set.of("d-n")));

            call(port, "DeleteRange", new Message().put(1, KEY));
            Awaitility.await().until(() -> told.pods.isEmpty());
        } finally {
            etcd.destroy();
            etcd.waitFor();
        }
    }
}
