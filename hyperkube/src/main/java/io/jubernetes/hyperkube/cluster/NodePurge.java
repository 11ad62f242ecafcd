package io.jubernetes.hyperkube.cluster;

import io.jubernetes.common.component.StartupException;
import io.jubernetes.kubelet.KubeletPurge;
import io.jubernetes.kubelet.runtime.RuntimeFailure;
import io.jubernetes.kubelet.runtime.docker.DockerEndpoint;
import io.jubernetes.serviceproxy.announce.Announcer;
import io.jubernetes.serviceproxy.backend.BackendException;
import io.jubernetes.serviceproxy.backend.nftables.NftablesBackend;
import io.jubernetes.serviceproxy.backend.userspace.UserspaceBackend;
import io.jubernetes.serviceproxy.policy.PolicyFilter;
import io.jubernetes.serviceproxy.routes.RouteAgent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/// Removes what the components of a node left on a machine. They must not run any more. Doing it again does
/// nothing.
public final class NodePurge {
    /// The nftables table of a service proxy that was not told another.
    public static final String DEFAULT_TABLE = "jubernetes";

    private NodePurge() {}

    /// Removes the containers, networks and volumes of a node.
    ///
    /// @param kubelet the kubelet's root directory
    /// @param podRange addresses of the cluster's pods
    /// @throws StartupException when something could not be removed
    public static void pods(String node, Path kubelet, String podRange) throws StartupException {
        try {
            var _ = KubeletPurge.purge(node, kubelet, podRange, DockerEndpoint.of(null, System.getenv()));
        } catch (RuntimeFailure | IOException e) {
            throw new StartupException(
                    "cannot remove what node " + node + " made: " + e.getMessage() + "; is Docker running?", e);
        }
    }

    /// Removes what a service proxy made: rules, announced addresses and routes.
    ///
    /// @throws StartupException when they could not be removed
    public static void services(String table) throws StartupException {
        try {
            UserspaceBackend.purge(table);
            NftablesBackend.purge(table);
            PolicyFilter.purge(table);
            Announcer.purge(table);
            RouteAgent.purge(table);
        } catch (BackendException e) {
            throw new StartupException("cannot remove the rules of Services: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartupException("interrupted while removing the nftables rules", e);
        }
    }

    /// Removes a file, or a directory with all that is in it.
    ///
    /// @throws StartupException when something could not be removed
    public static void files(Path root) throws StartupException {
        if (!Files.exists(root)) {
            return;
        }
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
