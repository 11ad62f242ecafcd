package io.jubernetes.kubelet.volume;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Where things of pods lie below the kubelet's root directory.
///
/// @param root `--root-dir`
public record PodDirectories(Path root) {
    /// Everything of one pod.
    public Path pod(String uid) {
        return root.resolve("pods").resolve(uid);
    }

    /// A volume.
    ///
    /// @param plugin such as `empty-dir`
    public Path volume(String uid, String plugin, String name) {
        return pod(uid).resolve("volumes").resolve("kubernetes.io~" + plugin).resolve(name);
    }

    Path subPath(String uid, String volume, String container, int index) {
        return pod(uid).resolve("volume-subpaths")
                .resolve(volume)
                .resolve(container)
                .resolve(Integer.toString(index));
    }

    /// The hosts file that a pod's containers share.
    public Path hostsFile(String uid) {
        return pod(uid).resolve("etc-hosts");
    }

    /// The name server file that a pod's containers share.
    public Path resolvConf(String uid) {
        return pod(uid).resolve("resolv.conf");
    }

    /// A container's own directory.
    public Path container(String uid, String name) {
        return pod(uid).resolve("containers").resolve(name);
    }

    /// The pods that have anything here.
    public List<String> pods() throws IOException {
        var result = new ArrayList<String>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(root.resolve("pods"))) {
            all.forEach(path -> result.add(path.getFileName().toString()));
        } catch (NoSuchFileException e) {
            return List.of();
        }
        return result;
    }
}
