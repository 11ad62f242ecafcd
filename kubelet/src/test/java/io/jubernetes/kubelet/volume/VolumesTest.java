package io.jubernetes.kubelet.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.kubelet.FakeCluster;
import io.jubernetes.kubelet.HandClock;
import io.jubernetes.kubelet.TestNode;
import io.jubernetes.kubelet.container.DownwardFields.Addresses;
import io.jubernetes.kubelet.csi.CsiDrivers;
import io.jubernetes.kubelet.volume.AtomicWriter.Projection;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VolumesTest {
    @TempDir
    private Path root;

    private final FakeCluster cluster = new FakeCluster();
    private final HandClock clock = new HandClock();

    private static Projection text(String content) {
        return new Projection(content.getBytes(StandardCharsets.UTF_8), 0644, null);
    }

    @Test
    void replacesASetOfFilesAtOnce() throws Exception {
        var writer = new AtomicWriter(root, clock);
        assertThat(writer.write(Map.of("a", text("1"), "dir/b", text("2")), null))
                .isTrue();
        assertThat(root.resolve("a")).hasContent("1");
        assertThat(root.resolve("dir/b")).hasContent("2");
        assertThat(Files.readSymbolicLink(root.resolve("a"))).isEqualTo(Path.of("..data/a"));
        Path first = Files.readSymbolicLink(root.resolve("..data"));

        assertThat(writer.write(Map.of("a", text("1"), "dir/b", text("2")), null))
                .isFalse();
        clock.move(Duration.ofSeconds(1));
        assertThat(writer.write(Map.of("a", text("new"), "c", text("3")), null)).isTrue();
        assertThat(root.resolve("a")).hasContent("new");
        assertThat(root.resolve("c")).hasContent("3");
        assertThat(root.resolve("dir")).doesNotExist();
        assertThat(root.resolve(first)).doesNotExist();
        assertThatThrownBy(() -> writer.write(Map.of("../x", text("")), null)).isInstanceOf(IOException.class);
    }

    private Volumes volumes() {
        return new Volumes(new PodDirectories(root), cluster, new CsiDrivers(cluster), "node", clock);
    }

    private static Map<String, Path> setUp(Volumes volumes, Pod pod) throws VolumeFailure {
        return volumes.setUp(pod, new Addresses(List.of(), List.of()), Map.of());
    }

    private static Pod pod(String volume) {
        return TestNode.pod("""
                metadata: {name: p}
                spec:
                  containers: [{name: c, volumeMounts: [{name: v, mountPath: /v}]}]
                  volumes: [{name: v, %s}]
                """.formatted(volume));
    }

    @Test
    void picksKeysAndModes() throws Exception {
        Assumptions.assumeTrue("root".equals(System.getProperty("user.name")));
        cluster.configMaps.put(
                new ObjectKey("default", "config"),
                new ConfigMapBuilder().withData(Map.of("a", "1", "b", "2")).build());
        Path path = java.util.Objects.requireNonNull(setUp(
                        volumes(),
                        pod("configMap: {name: config, defaultMode: 256, items: [{key: a, path: x/y, mode: 288}]}"))
                .get("v"));
        assertThat(path.resolve("x/y")).hasContent("1");
        assertThat((Integer) Files.getAttribute(path.resolve("x/y"), "unix:mode") & 0777)
                .isEqualTo(0440);
        assertThat(path.resolve("b")).doesNotExist();
    }

    @Test
    void saysWhatIsMissing() throws Exception {
        assertThatThrownBy(() -> setUp(volumes(), pod("configMap: {name: none}")))
                .hasMessage("MountVolume.SetUp failed for volume \"v\" : configmap \"none\" not found");
        assertThatThrownBy(() -> setUp(volumes(), pod("secret: {secretName: none}")))
                .hasMessage("MountVolume.SetUp failed for volume \"v\" : secret \"none\" not found");
        assertThatThrownBy(() -> setUp(volumes(), pod("hostPath: {path: /none, type: Directory}")))
                .hasMessageContaining("hostPath type check failed: /none is not a directory");
        assertThat(setUp(volumes(), pod("configMap: {name: none, optional: true}")))
                .containsKey("v");
    }

    @Test
    void subPathsDoNotLeaveTheirVolume() throws Exception {
        Assumptions.assumeTrue("root".equals(System.getProperty("user.name")));
        Path volume = Files.createDirectories(root.resolve("volume"));
        Path outside = Files.createDirectories(root.resolve("outside"));
        Files.createSymbolicLink(volume.resolve("escape"), outside);
        Files.createDirectories(volume.resolve("real"));
        Files.createSymbolicLink(volume.resolve("inner"), Path.of("real"));
        Path target = root.resolve("pods/uid/volume-subpaths/v/c/0");
        assertThatThrownBy(() -> SubPath.bind(volume, "escape", target))
                .hasMessageContaining("leads out of its volume");
        assertThatThrownBy(() -> SubPath.bind(volume, "../outside", target)).hasMessageContaining("must not leave");
        try {
            SubPath.bind(volume, "inner/new/deep", target);
            Files.writeString(target.resolve("f"), "x");
            assertThat(volume.resolve("real/new/deep/f")).hasContent("x");
        } finally {
            PodVolumes.remove(new PodDirectories(root), "uid");
        }
        assertThat(volume.resolve("real/new/deep/f")).exists();
        assertThat(root.resolve("pods/uid")).doesNotExist();
    }

    @Test
    void tokensAreRenewedInTime() throws Exception {
        var tokens = new Tokens(cluster, clock);
        Pod pod = TestNode.pod("metadata: {name: p}\nspec: {serviceAccountName: robot, containers: [{name: c}]}");
        String first = tokens.get(pod, null, 600L);
        assertThat(tokens.get(pod, null, 600L)).isEqualTo(first);
        assertThat(tokens.get(pod, "other", 600L)).isNotEqualTo(first);
    }
}
