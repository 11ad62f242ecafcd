package io.jubernetes.kubelet.volume;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Takes down what [Volumes] set up; needs nothing but the files.
public final class PodVolumes {
    private PodVolumes() {}

    /// Unmounts everything of a pod and removes its directory.
    /// Nothing outside it is touched.
    ///
    /// @throws IOException when something cannot be unmounted or removed
    public static void remove(PodDirectories directories, String podUid) throws IOException {
        Path pod = directories.pod(podUid);
        if (!Files.exists(pod)) {
            return;
        }
        Mounts.unmountAll(pod);
        if (!Mounts.below(pod).isEmpty()) {
            // Deleting through a mount would delete somebody else's files.
            throw new IOException("still mounted below " + pod + ": " + Mounts.below(pod));
        }
        Trees.delete(pod);
    }
}
