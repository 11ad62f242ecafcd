package io.jubernetes.kubelet.device;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.jubernetes.common.meta.Quantity;
import io.jubernetes.common.time.Deadline;
import io.jubernetes.kubelet.TestDocker;
import io.jubernetes.kubelet.TestNode;
import io.jubernetes.kubelet.rpc.Message;
import io.jubernetes.kubelet.rpc.RpcChannel;
import io.jubernetes.kubelet.rpc.RpcServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// A device plugin, a pod that uses its devices, and an agent that asks who has them.
class DevicePluginTest {
    private static final String RESOURCE = "example.com/dongle";
    private static TestNode node;

    @BeforeAll
    static void start() throws Exception {
        TestDocker.require();
        node = new TestNode("devices", "10.244.206.0/24");
    }

    @AfterAll
    static void stop() throws Exception {
        if (node != null) {
            node.close();
        }
    }

    private static RpcServer plugin(Path socket, Path shared) throws Exception {
        return RpcServer.start(
                socket,
                new RpcServer.Service(
                        "v1beta1.DevicePlugin",
                        Map.of("Allocate", request -> {
                            String ids = String.join(",", request.message(1).texts(1));
                            return new Message()
                                    .put(
                                            1,
                                            new Message()
                                                    .put(1, Map.of("DONGLES", ids))
                                                    .put(
                                                            2,
                                                            new Message()
                                                                    .put(1, "/shared")
                                                                    .put(2, shared.toString())
                                                                    .put(3, true))
                                                    .put(
                                                            3,
                                                            new Message()
                                                                    .put(1, "/dev/dongle")
                                                                    .put(2, "/dev/null")
                                                                    .put(3, "rw")));
                        }),
                        Map.of("ListAndWatch", (_, to) -> {
                            to.accept(new Message()
                                    .put(1, new Message().put(1, "d1").put(2, "Healthy"))
                                    .put(1, new Message().put(1, "d2").put(2, "Unhealthy")));
                            new CountDownLatch(1).await();
                        })));
    }

    @Test
    void devicesReachContainersAndAreCounted() throws Exception {
        Path directory = node.root.resolve("device-plugins");
        Path shared = Files.createDirectory(node.root.resolve("shared"));
        Files.writeString(shared.resolve("file"), "from the plugin");
        try (var _ = plugin(directory.resolve("dongle.sock"), shared);
                var kubelet = RpcChannel.unix(directory.resolve("kubelet.sock"));
                var _ = PodResourcesService.start(
                        node.root, () -> node.engine().workers().pods(), node.devices);
                var agent = RpcChannel.unix(node.root.resolve("pod-resources/kubelet.sock"))) {
            var _ = kubelet.call(
                    "v1beta1.Registration/Register",
                    new Message().put(1, "v1beta1").put(2, "dongle.sock").put(3, RESOURCE),
                    Deadline.in(Duration.ofSeconds(10)));
            Awaitility.await().until(() -> node.devices.allocatable().equals(Map.of(RESOURCE, Quantity.of(1))));
            assertThat(node.devices.capacity()).isEqualTo(Map.of(RESOURCE, Quantity.of(2)));

            Pod pod = run("first");
            node.await(pod, TestNode::isReady);
            assertThat(node.exec(pod, "main", "env")).contains("DONGLES=d1\n");
            assertThat(node.exec(pod, "main", "cat", "/shared/file")).isEqualTo("from the plugin");
            assertThat(node.exec(pod, "main", "ls", "/dev/dongle")).isEqualTo("/dev/dongle\n");
            Message listed =
                    agent.call("v1.PodResourcesLister/List", new Message(), Deadline.in(Duration.ofSeconds(10)));
            assertThat(listed.message(1).text(1)).isEqualTo("first");
            assertThat(listed.message(1).message(3).message(2).texts(2)).containsExactly("d1");

            PodStatus status = node.await(run("second"), current -> "Failed".equals(current.getPhase()));
            assertThat(status.getReason()).isEqualTo("OutOf" + RESOURCE);

            node.end(pod);
            node.await(run("third"), TestNode::isReady);
        }
    }

    private static Pod run(String name) {
        return node.run("""
                metadata: {name: %s}
                spec:
                  terminationGracePeriodSeconds: 1
                  containers:
                  - {name: main, image: %s, command: [sleep, "1000"], resources: {limits: {%s: 1}}}
                """.formatted(name, TestDocker.IMAGE, RESOURCE));
    }
}
