package io.jubernetes.hyperkube.host;

import io.jubernetes.common.component.StartupException;
import io.jubernetes.hyperkube.cluster.NodePurge;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Takes a host out of its cluster.
public final class ResetHost {
    private ResetHost() {}

    /// Stops the services and removes containers, networks, nftables tables, keys, flags and data; the
    /// JVM's flags stay, because they belong to the program. Doing it again does nothing.
    ///
    /// @throws StartupException when something could not be removed; what could is gone
    public static void run(Setup setup) throws StartupException {
        HostFiles files = setup.files();
        Optional<ClusterDescription> cluster = ClusterDescription.read(files);
        List<String> services = new ArrayList<>(HostServices.NODE);
        services.addAll(HostServices.CONTROL_PLANE);
        setup.step("stopping the services");
        setup.services().stop(services);
        if (cluster.isPresent()) {
            setup.step("removing containers, networks and nftables tables");
            NodePurge.pods(setup.host().name(), files.kubelet(), cluster.get().podRange());
            NodePurge.services(NodePurge.DEFAULT_TABLE);
        }
        setup.step("removing files");
        for (String service : services) {
            NodePurge.files(files.flags(service));
            NodePurge.files(files.kubeconfig(service));
        }
        NodePurge.files(files.adminKubeconfig());
        NodePurge.files(files.pki());
        NodePurge.files(files.node());
        NodePurge.files(files.data());
        NodePurge.files(files.kubelet());
        NodePurge.files(files.cluster());
    }
}
