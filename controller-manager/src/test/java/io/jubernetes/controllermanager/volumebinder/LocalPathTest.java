package io.jubernetes.controllermanager.volumebinder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import io.jubernetes.controllermanager.testing.Written;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalPathTest {
    private static final StorageClass CLASS = Written.as(StorageClass.class, "{metadata: {name: s}}");

    @TempDir
    Path root;

    private static PersistentVolumeClaim claim(String spec) {
        return Written.as(
                PersistentVolumeClaim.class,
                "{metadata: {namespace: ns, name: c, uid: u}, spec: {storageClassName: s, resources: {requests:"
                        + " {storage: 1Gi}}, " + spec + "}}");
    }

    @Test
    void aVolumeIsADirectoryOnOneNode() throws IOException {
        var provisioner = new LocalPath(root);
        PersistentVolume volume = provisioner.volume(claim("accessModes: [ReadWriteOnce]"), CLASS, "n1");
        assertThat(volume.getMetadata().getName()).isEqualTo("pvc-u");
        assertThat(volume.getSpec().getPersistentVolumeReclaimPolicy()).isEqualTo("Delete");
        assertThat(volume.getSpec().getNodeAffinity().toString()).contains("n1");
        Path directory = Path.of(volume.getSpec().getHostPath().getPath());
        assertThat(directory).isEqualTo(root.resolve("pvc-u_ns_c"));
        assertThat(provisioner.delete(volume)).isFalse();
        Files.createDirectories(directory.resolve("deep"));
        Files.writeString(directory.resolve("deep/file"), "data");
        assertThat(provisioner.delete(volume)).isTrue();
        assertThat(directory).doesNotExist();
    }

    @Test
    void nothingElseIsDeleted() throws IOException {
        Path outside = Files.createDirectory(root.resolve("outside"));
        Files.createDirectory(root.resolve("volumes"));
        var volume = Written.as(
                PersistentVolume.class, "{spec: {hostPath: {path: " + root.resolve("volumes/../outside") + "}}}");
        assertThat(new LocalPath(root.resolve("volumes")).delete(volume)).isFalse();
        assertThat(outside).exists();
    }

    @Test
    void blockVolumesAreRefused() {
        assertThatThrownBy(() -> new LocalPath(root).volume(claim("volumeMode: Block"), CLASS, null))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
