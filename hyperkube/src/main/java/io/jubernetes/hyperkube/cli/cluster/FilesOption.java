package io.jubernetes.hyperkube.cli.cluster;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.jubernetes.common.client.KubernetesClients;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.hyperkube.host.ClusterDescription;
import io.jubernetes.hyperkube.host.HostFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/// Where the host's files are: `--config-dir` and `--data-dir`.
final class FilesOption {
    @Option(
            names = "--config-dir",
            paramLabel = "DIR",
            defaultValue = "/etc/jubernetes",
            description = "Keys, kubeconfig files and the services' flags (${DEFAULT-VALUE}).")
    private Path configuration = Path.of("/etc/jubernetes");

    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            defaultValue = "/var/lib/jubernetes",
            description = "What the services keep (${DEFAULT-VALUE}).")
    private Path data = Path.of("/var/lib/jubernetes");

    HostFiles files() {
        return new HostFiles(configuration, data);
    }

    /// The cluster this host belongs to.
    ///
    /// @throws StartupException when it belongs to none
    ClusterDescription cluster() throws StartupException {
        return ClusterDescription.read(files())
                .orElseThrow(() -> new StartupException("this host belongs to no cluster: there is no "
                        + files().cluster() + "; see ./jube cluster init --help"));
    }

    /// A client with the administrator's rights.
    ///
    /// @throws StartupException when this is no control plane host
    KubernetesClient administrator() throws StartupException {
        Path kubeconfig = files().adminKubeconfig();
        if (!Files.exists(kubeconfig)) {
            throw new StartupException("there is no " + kubeconfig + "; run this as root on a control plane host");
        }
        return KubernetesClients.connect(kubeconfig, "jube");
    }
}
