package io.jubernetes.hyperkube.cluster;

import io.jubernetes.common.component.StartupException;
import io.jubernetes.hyperkube.demo.DemoImage;
import io.jubernetes.hyperkube.doctor.Shell;
import io.jubernetes.kubelet.KubeletPurge;
import io.jubernetes.kubelet.runtime.RuntimeFailure;
import io.jubernetes.kubelet.runtime.docker.DockerEndpoint;
import io.jubernetes.serviceproxy.announce.Announcer;
import io.jubernetes.serviceproxy.backend.BackendException;
import io.jubernetes.serviceproxy.backend.nftables.NftablesBackend;
import io.jubernetes.serviceproxy.policy.PolicyFilter;
import io.jubernetes.serviceproxy.routes.RouteAgent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/// Removes everything a cluster left on the machine.
public final class ClusterPurge {
    private static final Duration IMAGE_LIMIT = Duration.ofMinutes(1);
    private static final String PAUSE_IMAGE = "jubernetes/pause:1";

    private ClusterPurge() {}

    /// Removes containers, networks, images, nftables tables and, last, the data directory.
    ///
    /// @throws StartupException when something could not be removed; what could is gone
    public static void purge(ClusterDirectory directory, ClusterSettings settings) throws StartupException {
        DockerEndpoint docker = DockerEndpoint.of(null, System.getenv());
        for (String node : settings.nodes()) {
            try {
                var _ = KubeletPurge.purge(node, directory.kubelet(node), settings.podRange(), docker);
            } catch (RuntimeFailure | IOException e) {
                throw new StartupException(
                        "cannot remove what node " + node + " made: " + e.getMessage() + "; is Docker running?", e);
            }
        }
        // Images stay when another cluster on this machine uses them.
        DemoImage.remove();
        var _ = Shell.run(IMAGE_LIMIT, "docker", "image", "rm", PAUSE_IMAGE);
        try {
            NftablesBackend.purge(settings.nftablesTable());
            PolicyFilter.purge(settings.nftablesTable());
            Announcer.purge(settings.nftablesTable());
            RouteAgent.purge(settings.nftablesTable());
        } catch (BackendException e) {
            throw new StartupException("cannot remove the nftables rules: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartupException("interrupted while removing the nftables rules", e);
        }
        delete(directory.root());
    }

    private static void delete(Path root) throws StartupException {
        try (Stream<Path> all = Files.walk(root)) {
            List<Path> paths = all.sorted(Comparator.reverseOrder()).toList();
            for (Path path : paths) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            throw new StartupException("cannot remove " + root + ": " + e.getMessage(), e);
        }
    }
}
