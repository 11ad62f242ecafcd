package io.jubernetes.hyperkube.cluster;

import io.jubernetes.common.component.StartupException;
import io.jubernetes.hyperkube.demo.DemoImage;
import io.jubernetes.hyperkube.doctor.Shell;
import java.time.Duration;

/// Removes everything a cluster left on the machine.
public final class ClusterPurge {
    private static final Duration IMAGE_LIMIT = Duration.ofMinutes(1);
    private static final String PAUSE_IMAGE = "jubernetes/pause:1";

    private ClusterPurge() {}

    /// Removes containers, networks, images, nftables tables and, last, the data directory.
    ///
    /// @throws StartupException when something could not be removed; what could is gone
    public static void purge(ClusterDirectory directory, ClusterSettings settings) throws StartupException {
        for (String node : settings.nodes()) {
            NodePurge.pods(node, directory.kubelet(node), settings.podRange());
        }
        // Images stay when another cluster on this machine uses them.
        DemoImage.remove();
        var _ = Shell.run(IMAGE_LIMIT, "docker", "image", "rm", PAUSE_IMAGE);
        NodePurge.services(settings.nftablesTable());
        NodePurge.files(directory.root());
    }
}
