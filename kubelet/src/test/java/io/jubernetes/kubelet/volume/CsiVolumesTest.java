package io.jubernetes.kubelet.volume;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.storage.CSIDriver;
import io.fabric8.kubernetes.api.model.storage.VolumeAttachment;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.jubernetes.common.codec.Sha256;
import io.jubernetes.kubelet.TestDocker;
import io.jubernetes.kubelet.TestNode;
import io.jubernetes.kubelet.TestPlugin;
import io.jubernetes.kubelet.plugin.PluginWatcher;
import io.jubernetes.kubelet.rpc.Message;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Pods with volumes of a small storage driver, on the real engine.
class CsiVolumesTest {
    private static TestNode node;
    private static TestStorage storage;
    private static PluginWatcher watcher;
    private static TestPlugin plugin;
    private static Path registry;

    @BeforeAll
    static void start() throws Exception {
        TestDocker.require();
        node = new TestNode("csi", "10.244.209.0/24");
        registry = node.root.resolve("plugins_registry");
        storage = new TestStorage(node.root.resolve("storage"));
        watcher = new PluginWatcher(registry, List.of(node.storage));
        watcher.start();
        plugin = storage.start(registry);
        Awaitility.await().until(plugin::isRegistered);
    }

    @AfterAll
    static void stop() throws Exception {
        if (node != null) {
            watcher.close();
            plugin.close();
            node.close();
        }
    }

    @BeforeEach
    void driverObject() {
        driver("attachRequired: false");
        storage.calls.clear();
    }

    private static void driver(String spec) {
        node.cluster.csiDrivers.put(
                TestStorage.NAME,
                Serialization.unmarshal(
                        "apiVersion: storage.k8s.io/v1\nkind: CSIDriver\nmetadata: {name: x}\nspec: {%s}\n"
                                .formatted(spec),
                        CSIDriver.class));
    }

    /// A bound claim.
    ///
    /// @param more of the volume's spec
    private static void claim(String name, String more) {
        node.cluster.volumes.put(
                "pv-" + name,
                Serialization.unmarshal(
                        """
                apiVersion: v1
                kind: PersistentVolume
                metadata: {name: pv-%s}
                spec:
                  accessModes: [ReadWriteOnce]
                  capacity: {storage: 1Gi}
                  claimRef: {uid: uid-%s}
                  csi: {driver: %s, volumeHandle: h-%s, fsType: ext4, volumeAttributes: {color: red}, nodeStageSecretRef: {namespace: default, name: key}}
                %s
                """.formatted(name, name, TestStorage.NAME, name, more.indent(2)), PersistentVolume.class));
        node.cluster.claims.put(
                name, Serialization.unmarshal("""
                apiVersion: v1
                kind: PersistentVolumeClaim
                metadata: {name: %s, namespace: default, uid: uid-%s}
                spec: {volumeName: pv-%s}
                status: {phase: Bound, capacity: {storage: 1Gi}}
                """.formatted(name, name, name), PersistentVolumeClaim.class));
        node.cluster.secrets.put(
                new io.jubernetes.common.meta.ObjectKey("default", "key"),
                new io.fabric8.kubernetes.api.model.SecretBuilder()
                        .addToData("key", "c2VzYW1l")
                        .build());
    }

    private static Pod run(String name, String volume) {
        return node.run("""
                metadata: {name: %s}
                spec:
                  terminationGracePeriodSeconds: 1
                  serviceAccountName: robot
                  securityContext: {fsGroup: 4321}
                  containers:
                  - name: main
                    image: %s
                    command: [sleep, "1000"]
                    volumeMounts: [{name: data, mountPath: /data}]
                  volumes: [{name: data, %s}]
                """.formatted(name, TestDocker.IMAGE, volume));
    }

    private static String claimed(String claim) {
        return "persistentVolumeClaim: {claimName: " + claim + "}";
    }

    private static void awaitEvent(String text) {
        Awaitility.await().until(() -> node.cluster.events.stream().anyMatch(event -> event.contains(text)));
    }

    @Test
    void theClusterIsToldOfTheDriver() {
        var info = Objects.requireNonNull(node.cluster.csiNode.get(TestStorage.NAME));
        assertThat(info.nodeId()).isEqualTo("the-node");
        assertThat(info.mostVolumes()).isEqualTo(7);
        assertThat(info.topology()).isEqualTo(Map.of("example.com/rack", "r1"));
    }

    @Test
    void aVolumeIsStagedOncePublishedToEachPodAndTakenBack() throws Exception {
        claim("shared", "");
        storage.stageError = "the disk is on fire";
        Pod first = run("first", claimed("shared"));
        awaitEvent(
                "first WARNING FailedMount: MountVolume.MountDevice failed for volume \"pv-shared\" : rpc error: code ="
                        + " Internal desc = the disk is on fire");
        storage.stageError = "";
        node.await(first, TestNode::isReady);
        Path global = node.root
                .resolve("plugins/kubernetes.io/csi")
                .resolve(TestStorage.NAME)
                .resolve(Sha256.hex("h-shared", 32));
        assertThat(global.resolve("vol_data.json")).content().contains("h-shared");
        Message staged = storage.request("NodeStageVolume");
        assertThat(staged.text(3)).isEqualTo(global.resolve("globalmount").toString());
        assertThat(staged.map(5)).isEqualTo(Map.of("key", "sesame"));
        assertThat(staged.map(6)).isEqualTo(Map.of("color", "red"));
        assertThat(staged.message(4).message(2).text(1)).isEqualTo("ext4");
        assertThat(staged.message(4).message(3).number(1))
                .as("SINGLE_NODE_WRITER")
                .isEqualTo(1);
        assertThat(storage.request("NodePublishVolume").text(4))
                .isEqualTo(node.root
                        .resolve("pods")
                        .resolve(first.getMetadata().getUid())
                        .resolve("volumes/kubernetes.io~csi/pv-shared/mount")
                        .toString());
        node.exec(first, "main", "sh", "-c", "echo hello > /data/file");
        assertThat(storage.file("h-shared", "file")).hasContent("hello");
        assertThat(node.exec(first, "main", "stat", "-c", "%g", "/data")).isEqualTo("4321\n");

        Pod second = run("second", claimed("shared"));
        node.await(second, TestNode::isReady);
        assertThat(node.exec(second, "main", "cat", "/data/file")).isEqualTo("hello\n");

        node.restart();
        node.engine().workers().set(first);
        node.engine().workers().set(second);
        node.await(second, TestNode::isReady);
        assertThat(storage.calls)
                .containsExactly(
                        "NodeStageVolume h-shared", "NodePublishVolume h-shared", "NodePublishVolume h-shared");

        node.end(first);
        assertThat(storage.calls).doesNotContain("NodeUnstageVolume h-shared");
        node.end(second);
        assertThat(storage.calls)
                .endsWith("NodeUnpublishVolume h-shared", "NodeUnpublishVolume h-shared", "NodeUnstageVolume h-shared");
        assertThat(global).doesNotExist();
        assertThat(storage.file("h-shared", "file")).hasContent("hello");
    }

    @Test
    void aDriverThatWantsItWaitsForTheAttachment() throws Exception {
        claim("attached", "");
        driver("attachRequired: true");
        Pod pod = run("attached", claimed("attached"));
        String id = "csi-" + Sha256.hex("h-attached" + TestStorage.NAME + "csi", 32);
        awaitEvent(
                "MountVolume.WaitForAttach failed for volume \"pv-attached\" : volume h-attached has GET error for volume"
                        + " attachment " + id);
        node.cluster.attachments.put(id, Serialization.unmarshal("""
                apiVersion: storage.k8s.io/v1
                kind: VolumeAttachment
                metadata: {name: %s}
                status: {attached: true, attachmentMetadata: {device: sdx}}
                """.formatted(id), VolumeAttachment.class));
        node.await(pod, TestNode::isReady);
        assertThat(storage.request("NodeStageVolume").map(2)).isEqualTo(Map.of("device", "sdx"));
        assertThat(node.engine().volumesInUse())
                .containsExactly("kubernetes.io/csi/" + TestStorage.NAME + "^h-attached");
        node.end(pod);
        assertThat(node.engine().volumesInUse()).isEmpty();
    }

    @Test
    void anInlineVolumeLivesWithItsPod() throws Exception {
        String inline = "csi: {driver: " + TestStorage.NAME + ", volumeAttributes: {size: small}}";
        Pod pod = run("inline", inline);
        awaitEvent("volume mode \"Ephemeral\" not supported by driver " + TestStorage.NAME);
        driver(
                "attachRequired: false, podInfoOnMount: true, volumeLifecycleModes: [Ephemeral], tokenRequests: [{audience: vault}]");
        node.await(pod, TestNode::isReady);
        String handle = "csi-" + Sha256.hex(pod.getMetadata().getUid() + "data", 32);
        Message request = storage.request("NodePublishVolume");
        assertThat(request.text(1)).isEqualTo(handle);
        assertThat(request.map(8))
                .containsEntry("size", "small")
                .containsEntry("csi.storage.k8s.io/pod.name", "inline")
                .containsEntry("csi.storage.k8s.io/serviceAccount.name", "robot")
                .containsEntry("csi.storage.k8s.io/ephemeral", "true")
                .hasEntrySatisfying(
                        "csi.storage.k8s.io/serviceAccount.tokens",
                        tokens -> assertThat(tokens).contains("\"vault\":{\"token\":\"token-"));
        node.end(pod);
        assertThat(storage.calls).containsExactly("NodePublishVolume " + handle, "NodeUnpublishVolume " + handle);
    }

    @Test
    void aBlockVolumeIsADevice() throws Exception {
        claim("raw", "volumeMode: Block");
        Pod pod = node.run("""
                metadata: {name: raw}
                spec:
                  terminationGracePeriodSeconds: 1
                  containers:
                  - name: main
                    image: %s
                    command: [sleep, "1000"]
                    volumeDevices: [{name: data, devicePath: /dev/disk}]
                  volumes: [{name: data, persistentVolumeClaim: {claimName: raw}}]
                """.formatted(TestDocker.IMAGE));
        node.await(pod, TestNode::isReady);
        assertThat(node.exec(pod, "main", "stat", "-c", "%F", "/dev/disk")).contains("character special file");
        node.end(pod);
        assertThat(storage.calls)
                .containsExactly(
                        "NodeStageVolume h-raw",
                        "NodePublishVolume h-raw",
                        "NodeUnpublishVolume h-raw",
                        "NodeUnstageVolume h-raw");
        assertThat(Files.exists(node.root.resolve("plugins/kubernetes.io/csi/volumeDevices/pv-raw")))
                .isFalse();
    }

    @Test
    void aVolumeThatHasGrownIsMadeUseOf() throws Exception {
        claim("grown", "");
        PersistentVolumeClaim claim = Objects.requireNonNull(node.cluster.claims.get("grown"));
        Objects.requireNonNull(node.cluster.volumes.get("pv-grown"))
                .getSpec()
                .setCapacity(Map.of("storage", new Quantity("2Gi")));
        node.cluster
                .claims
                .get("grown")
                .getStatus()
                .setAllocatedResourceStatuses(Map.of("storage", "NodeResizePending"));
        Pod pod = run("grown", claimed("grown"));
        node.await(pod, TestNode::isReady);
        assertThat(storage.request("NodeExpandVolume").message(3).number(1)).isEqualTo(2L << 30);
        assertThat(claim.getStatus().getCapacity()).isEqualTo(Map.of("storage", new Quantity("2Gi")));
        node.end(pod);
    }

    @Test
    void anUnknownDriverIsSaid() {
        Pod pod = run("unknown", "csi: {driver: no.example.com}");
        awaitEvent(
                "unknown WARNING FailedMount: MountVolume.SetUp failed for volume \"data\" : driver name no.example.com"
                        + " not found in the list of registered CSI drivers");
        node.end(pod);
    }
}
