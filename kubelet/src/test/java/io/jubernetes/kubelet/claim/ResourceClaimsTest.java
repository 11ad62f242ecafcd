package io.jubernetes.kubelet.claim;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.jubernetes.kubelet.TestDocker;
import io.jubernetes.kubelet.TestNode;
import io.jubernetes.kubelet.TestPlugin;
import io.jubernetes.kubelet.plugin.PluginWatcher;
import io.jubernetes.kubelet.rpc.Message;
import io.jubernetes.kubelet.rpc.RpcServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// A driver of devices, and pods that claim them.
class ResourceClaimsTest {
    private static final String DRIVER = "gpu.example.com";
    private static TestNode node;
    private static Path registry;
    private static PluginWatcher watcher;

    @BeforeAll
    static void start() throws Exception {
        TestDocker.require();
        node = new TestNode("claims", "10.244.207.0/24");
        registry = node.root.resolve("plugins_registry");
        watcher = new PluginWatcher(registry, List.of(node.claimDrivers));
        watcher.start();
    }

    @AfterAll
    static void stop() throws Exception {
        if (node != null) {
            watcher.close();
            node.close();
        }
    }

    /// Prepares one device of each claim and notes what it is asked.
    private static final class Driver {
        final Queue<String> calls = new ConcurrentLinkedQueue<>();
        volatile String error = "";

        TestPlugin start() throws Exception {
            return new TestPlugin(
                    registry,
                    "DRAPlugin",
                    DRIVER,
                    "v1.DRAPlugin",
                    new RpcServer.Service(
                            "k8s.io.kubelet.pkg.apis.dra.v1.DRAPlugin",
                            Map.of(
                                    "NodePrepareResources",
                                    this::prepare,
                                    "NodeUnprepareResources",
                                    request -> answer("unprepare", request, new Message())),
                            Map.of()));
        }

        private Message prepare(Message request) throws java.io.IOException {
            if (!error.isEmpty()) {
                return answer("fail", request, new Message().put(2, error));
            }
            return answer(
                    "prepare",
                    request,
                    new Message()
                            .put(
                                    1,
                                    new Message()
                                            .putAll(1, List.of("card"))
                                            .put(2, "pool")
                                            .put(3, "card-0")
                                            .putAll(4, List.of("example.com/gpu=card-0"))));
        }

        private Message answer(String what, Message request, Message one) throws java.io.IOException {
            var answer = new Message();
            for (Message claim : request.messages(1)) {
                calls.add(what + " " + claim.text(3));
                answer.put(1, new Message().put(1, claim.text(2)).put(2, one));
            }
            return answer;
        }
    }

    private static Pod podOf(String name, String claim) {
        return TestNode.pod("""
                metadata: {name: %s}
                spec:
                  terminationGracePeriodSeconds: 1
                  resourceClaims: [{name: gpu, resourceClaimName: %s}]
                  containers:
                  - name: main
                    image: %s
                    command: [sleep, "1000"]
                    resources: {claims: [{name: gpu, request: card}]}
                  - {name: other, image: %s, command: [sleep, "1000"]}
                """.formatted(name, claim, TestDocker.IMAGE, TestDocker.IMAGE));
    }

    private static void allocate(String claim, Pod... users) {
        var resource = Serialization.unmarshal("""
                apiVersion: resource.k8s.io/v1
                kind: ResourceClaim
                metadata: {name: %s, namespace: default, uid: uid-of-%s}
                status:
                  allocation: {devices: {results: [{request: card, driver: %s, pool: pool, device: card-0}]}}
                  reservedFor: []
                """.formatted(claim, claim, DRIVER), ResourceClaim.class);
        for (Pod user : users) {
            resource.getStatus()
                    .getReservedFor()
                    .add(new io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimConsumerReference(
                            "",
                            user.getMetadata().getName(),
                            "pods",
                            user.getMetadata().getUid()));
        }
        node.cluster.resourceClaims.put(claim, resource);
    }

    private static void awaitEvent(Pod pod, String text) {
        Awaitility.await()
                .until(() -> node.cluster.events.stream()
                        .anyMatch(event -> event.equals(pod.getMetadata().getName()
                                + " WARNING FailedPrepareDynamicResources: Failed to prepare dynamic resources: "
                                + "prepare dynamic resources: " + text)));
    }

    @Test
    void podsWaitForTheirDevicesAndGetThem() throws Exception {
        Files.writeString(
                node.cdi.resolve("gpu.yaml"), """
                cdiVersion: 0.6.0
                kind: example.com/gpu
                containerEdits: {env: [VENDOR=example]}
                devices:
                - name: card-0
                  containerEdits:
                    env: [CARD=0]
                    deviceNodes: [{path: /dev/card0, hostPath: /dev/null}]
                    mounts: [{hostPath: %s, containerPath: /firmware, options: [ro]}]
                """.formatted(Files.writeString(node.root.resolve("firmware"), "blob")));
        Pod first = podOf("first", "gpu-1");
        Pod second = podOf("second", "gpu-1");
        node.engine().workers().set(first);
        awaitEvent(first, "fetch ResourceClaim gpu-1: resourceclaims.resource.k8s.io \"gpu-1\" not found");
        allocate("gpu-1", second);
        awaitEvent(
                first,
                "pod first (" + first.getMetadata().getUid()
                        + ") is not allowed to use ResourceClaim gpu-1 (uid-of-gpu-1)");
        allocate("gpu-1", first, second);
        awaitEvent(first, "DRA driver " + DRIVER + " is not registered");
        assertThat(node.cluster.status("first").getContainerStatuses())
                .extracting(status -> status.getState().getWaiting().getReason())
                .containsOnly("ContainerCreating");
        assertThat(node.engine().states().get(first.getMetadata().getUid()).all())
                .isEmpty();

        var driver = new Driver();
        driver.error = "out of coffee";
        try (TestPlugin plugin = driver.start()) {
            Awaitility.await().until(plugin::isRegistered);
            awaitEvent(first, "NodePrepareResources failed for ResourceClaim gpu-1: out of coffee");
            driver.error = "";
            node.await(first, TestNode::isReady);
            assertThat(node.exec(first, "main", "env"))
                    .contains("VENDOR=example\n")
                    .contains("CARD=0\n");
            assertThat(node.exec(first, "main", "ls", "/dev/card0")).isEqualTo("/dev/card0\n");
            assertThat(node.exec(first, "main", "cat", "/firmware")).isEqualTo("blob");
            assertThat(node.exec(first, "other", "env")).doesNotContain("CARD");

            node.restart();
            node.engine().workers().set(first);
            node.engine().workers().set(second);
            node.await(second, TestNode::isReady);
            assertThat(driver.calls).filteredOn("prepare gpu-1"::equals).hasSize(1);

            node.end(first);
            assertThat(driver.calls).doesNotContain("unprepare gpu-1");
            node.end(second);
            assertThat(driver.calls).filteredOn("unprepare gpu-1"::equals).hasSize(1);
        }
        Awaitility.await().until(() -> node.removedSlices.contains(Optional.of(DRIVER)));
    }

    @Test
    void aDriverOfAnUnknownVersionIsTold() throws Exception {
        try (var plugin = new TestPlugin(
                registry,
                "DRAPlugin",
                "old.example.com",
                "v1alpha3.Node",
                new RpcServer.Service("x", Map.of(), Map.of()))) {
            Awaitility.await().until(() -> plugin.refusal.isPresent());
            assertThat(plugin.refusal.orElseThrow()).contains("v1alpha3.Node");
        }
    }
}
