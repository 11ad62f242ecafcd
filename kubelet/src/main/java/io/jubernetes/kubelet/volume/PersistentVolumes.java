package io.jubernetes.kubelet.volume;

import io.fabric8.kubernetes.api.model.HostPathVolumeSourceBuilder;
import io.fabric8.kubernetes.api.model.NFSVolumeSource;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeSpec;
import io.jubernetes.kubelet.network.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Brings persistent volumes to this node: directories and disks of the node, and shares of a file server.
final class PersistentVolumes {
    private static final Duration MOUNT_LIMIT = Duration.ofSeconds(90);

    private final PodDirectories directories;

    PersistentVolumes(PodDirectories directories) {
        this.directories = directories;
    }

    /// Where the volume is.
    ///
    /// @param podUid whose it is
    Path prepare(String podUid, PersistentVolume volume) throws IOException {
        PersistentVolumeSpec spec = volume.getSpec();
        String name = volume.getMetadata().getName();
        if (spec.getHostPath() != null) {
            return HostPaths.prepare(new HostPathVolumeSourceBuilder()
                    .withPath(spec.getHostPath().getPath())
                    .withType(spec.getHostPath().getType())
                    .build());
        }
        if (spec.getLocal() != null) {
            Path path = Path.of(spec.getLocal().getPath());
            if (!Files.exists(path)) {
                throw new IOException("path \"" + path + "\" does not exist");
            }
            return path;
        }
        if (spec.getNfs() != null) {
            var share = spec.getNfs();
            return nfs(
                    podUid,
                    name,
                    share.getServer(),
                    share.getPath(),
                    isReadOnly(share.getReadOnly()),
                    spec.getMountOptions());
        }
        throw new IOException("no volume plugin matched");
    }

    /// A share of a file server that a pod names itself.
    Path prepare(String podUid, String name, NFSVolumeSource share) throws IOException {
        return nfs(podUid, name, share.getServer(), share.getPath(), isReadOnly(share.getReadOnly()), List.of());
    }

    private static boolean isReadOnly(Boolean flag) {
        return Boolean.TRUE.equals(flag);
    }

    private Path nfs(String podUid, String name, String server, String share, boolean readOnly, List<String> more)
            throws IOException {
        Path path = directories.volume(podUid, "nfs", name);
        if (Files.exists(path) && Mounts.isMounted(path)) {
            return path;
        }
        Files.createDirectories(path);
        var options = new ArrayList<>(more);
        if (readOnly) {
            options.add("ro");
        }
        List<String> command = new ArrayList<>(List.of("mount", "-t", "nfs"));
        if (!options.isEmpty()) {
            command.addAll(List.of("-o", String.join(",", options)));
        }
        command.addAll(List.of(server + ":" + share, path.toString()));
        Command.Result result = Command.run(MOUNT_LIMIT, command);
        if (result.exitCode() != 0) {
            throw new IOException("mount failed: exit status " + result.exitCode() + "\nMounting command: mount"
                    + "\nMounting arguments: " + String.join(" ", command.subList(1, command.size()))
                    + "\nOutput: " + result.output());
        }
        return path;
    }
}
