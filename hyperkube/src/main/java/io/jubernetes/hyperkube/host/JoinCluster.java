package io.jubernetes.hyperkube.host;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.client.Kubeconfigs;
import io.jubernetes.common.client.KubernetesClients;
import io.jubernetes.common.component.StartupException;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// Brings a host into a cluster that [InitCluster] made.
public final class JoinCluster {
    private JoinCluster() {}

    /// Where to and with what.
    ///
    /// @param endpoint host and port of the API
    /// @param token shows that this host may join
    /// @param pins hashes of the CAs the cluster may have; see `--discovery-token-ca-cert-hash`
    /// @param group the group of the node
    /// @param certificateKey the key to the shared keys, for one more control plane host
    public record Invitation(
            String endpoint, JoinToken token, List<String> pins, String group, Optional<String> certificateKey) {
        public Invitation {
            pins = List.copyOf(pins);
        }
    }

    /// Joins, and returns when the node is registered.
    ///
    /// @throws StartupException naming what is wrong and what to do
    public static void run(Setup setup, Invitation invitation) throws StartupException {
        try {
            Optional<ClusterDescription> existing = ClusterDescription.read(setup.files());
            if (existing.isPresent() && !existing.get().endpoint().equals(invitation.endpoint())) {
                throw new StartupException("this host belongs to the cluster at "
                        + existing.get().endpoint() + " already; ./jube cluster reset takes it out");
            }
            setup.services().check(HostServices.NODE);
            setup.step("asking " + invitation.endpoint());
            ClusterInfo info = ClusterInfo.discover(invitation.endpoint(), invitation.token(), invitation.pins());
            Files.createDirectories(setup.files().node());
            Kubeconfigs.writeToken(
                    setup.files().bootstrapKubeconfig(),
                    "jubernetes",
                    "bootstrap",
                    info.server(),
                    info.authorityPem(),
                    invitation.token().text());
            try (KubernetesClient client =
                    KubernetesClients.connect(setup.files().bootstrapKubeconfig(), "jube")) {
                ClusterDescription cluster = ClusterDescription.published(client);
                if (invitation.certificateKey().isPresent()) {
                    joinControlPlane(
                            client, setup, cluster, invitation.certificateKey().get());
                }
                NodeSetup.run(client, setup, cluster, info.authorityPem(), invitation.token(), invitation.group());
                cluster.write(setup.files());
            }
            if (invitation.certificateKey().isPresent()) {
                try (KubernetesClient admin =
                        KubernetesClients.connect(setup.files().adminKubeconfig(), "jube")) {
                    InitCluster.markControlPlane(admin, setup.host());
                }
            }
        } catch (KubernetesClientException e) {
            throw new StartupException("the cluster refuses: " + e.getMessage(), e);
        } catch (IOException e) {
            throw new StartupException("cannot write this host's files: " + e.getMessage(), e);
        }
    }

    private static void joinControlPlane(
            KubernetesClient client, Setup setup, ClusterDescription cluster, String certificateKey)
            throws StartupException, IOException {
        if (!cluster.etcd().isUsed()) {
            throw new StartupException("--control-plane: the cluster keeps its state in the embedded store of its"
                    + " only control plane host; several need etcd (./jube cluster init --etcd-servers)");
        }
        setup.services().check(HostServices.CONTROL_PLANE);
        setup.step("fetching the shared keys");
        SharedKeys.fetch(client, certificateKey, setup.files(), cluster, Instant.now());
        setup.startControlPlane(cluster);
    }
}
