package io.jubernetes.kubelet;

import io.jubernetes.kubelet.network.Cidr;
import io.jubernetes.kubelet.network.Sysctls;
import io.jubernetes.kubelet.resources.PodCgroups;
import io.jubernetes.kubelet.runtime.RuntimeFailure;
import io.jubernetes.kubelet.runtime.docker.DockerEndpoint;
import io.jubernetes.kubelet.runtime.docker.DockerRuntime;
import io.jubernetes.kubelet.runtime.docker.NodeInstance;
import io.jubernetes.kubelet.volume.PodDirectories;
import io.jubernetes.kubelet.volume.PodVolumes;
import java.io.IOException;
import java.nio.file.Path;

/// Removes everything a kubelet made on this machine. The kubelet must not run any more.
public final class KubeletPurge {
    private KubeletPurge() {}

    /// Removes the node's containers, its network and firewall rules, its pods' volumes and directories, and
    /// puts back kernel settings. Doing it again, or for a node that never was, does nothing.
    ///
    /// @param nodeName the node's name, as the kubelet was started with
    /// @param rootDirectory the kubelet's `--root-dir`
    /// @param clusterCidr the kubelet's `--cluster-cidr`
    /// @return how many containers there were
    /// @throws RuntimeFailure when the engine does not answer
    /// @throws IOException when files cannot be removed
    public static int purge(String nodeName, Path rootDirectory, String clusterCidr, DockerEndpoint docker)
            throws RuntimeFailure, IOException {
        int containers;
        String driver;
        try (var runtime =
                DockerRuntime.connect(docker, NodeInstance.of(nodeName, rootDirectory), Cidr.parse(clusterCidr))) {
            driver = runtime.version().cgroupDriver();
            containers = runtime.purge();
        }
        var directories = new PodDirectories(rootDirectory);
        PodCgroups.of(driver, "", true).purge(directories.pods());
        for (String uid : directories.pods()) {
            PodVolumes.remove(directories, uid);
        }
        new Sysctls(rootDirectory.resolve("sysctls.json")).restore();
        return containers;
    }
}
