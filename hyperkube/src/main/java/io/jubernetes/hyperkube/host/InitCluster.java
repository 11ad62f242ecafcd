package io.jubernetes.hyperkube.host;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.jubernetes.common.client.KubernetesClients;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.hyperkube.cluster.AddOns;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/// Makes the first host of a cluster. Doing it again with the same description completes what is missing.
public final class InitCluster {
    private InitCluster() {}

    /// What an administrator wants beside the cluster itself.
    ///
    /// @param token by which other hosts join
    /// @param lifetime how long; zero for a token that stays good
    /// @param group the group of this host's node
    /// @param uploadKeys whether to publish the keys that other control plane hosts need
    public record Wish(JoinToken token, Duration lifetime, String group, boolean uploadKeys) {}

    /// How others join.
    ///
    /// @param node the command of a host that only runs pods
    /// @param controlPlane the command of another control plane host; empty when its keys were not
    ///     published
    public record Joining(String node, Optional<String> controlPlane) {}

    /// Makes the cluster and this host's node in it.
    ///
    /// @throws StartupException naming what is wrong and what to do; what was done so far stays and is used
    ///     by the next try
    public static Joining run(Setup setup, ClusterDescription cluster, Wish wish) throws StartupException {
        try {
            Optional<ClusterDescription> existing = ClusterDescription.read(setup.files());
            if (existing.isPresent() && !existing.get().equals(cluster)) {
                throw new StartupException("this host belongs to a cluster already ("
                        + setup.files().cluster()
                        + ") that is described differently; ./jube cluster reset takes it out");
            }
            setup.services().check(HostServices.CONTROL_PLANE);
            setup.services().check(HostServices.NODE);
            String authority = setup.startControlPlane(cluster);
            try (KubernetesClient client =
                    KubernetesClients.connect(setup.files().adminKubeconfig(), "jube")) {
                setup.step("telling the cluster how hosts join");
                publish(client, cluster, authority);
                String join = invite(client, setup.files(), cluster, wish.token(), wish.lifetime());
                NodeSetup.run(client, setup, cluster, authority, wish.token(), wish.group());
                markControlPlane(client, setup.host());
                Optional<String> key =
                        wish.uploadKeys() ? Optional.of(uploadKeys(client, setup.files(), cluster)) : Optional.empty();
                return new Joining(join, key.map(secret -> join + " --control-plane --certificate-key " + secret));
            }
        } catch (KubernetesClientException e) {
            throw new StartupException("the new cluster refuses: " + e.getMessage(), e);
        } catch (IOException e) {
            throw new StartupException("cannot write this host's files: " + e.getMessage(), e);
        }
    }

    private static void publish(KubernetesClient client, ClusterDescription cluster, String authority) {
        Manifests.BOOTSTRAP.apply(client, Map.of());
        Manifests.NODE_GROUPS.apply(client, Map.of("DNS_ADDRESS", cluster.dnsAddress()));
        AddOns.ensure(client, cluster.dnsAddress(), false);
        cluster.publish(client);
        new ClusterInfo(cluster.server(), authority).publish(client);
    }

    /// Makes a token good.
    ///
    /// @param lifetime how long; zero for ever
    /// @return the command by which a host joins with it
    public static String invite(
            KubernetesClient client, HostFiles files, ClusterDescription cluster, JoinToken token, Duration lifetime)
            throws StartupException, IOException {
        Instant end = lifetime.isZero() ? null : Instant.now().plus(lifetime);
        client.resource(token.bootstrapSecret(end, "made by jube")).createOr(existing -> existing.update());
        return "./jube cluster join " + cluster.endpoint() + " --token " + token.text()
                + " --discovery-token-ca-cert-hash " + ClusterInfo.pin(files.authorityPem());
    }

    /// Keeps the keys that all control plane hosts share encrypted in the cluster, for two hours.
    ///
    /// @return the key to them
    public static String uploadKeys(KubernetesClient client, HostFiles files, ClusterDescription cluster)
            throws IOException {
        return SharedKeys.publish(client, files, cluster, Instant.now());
    }

    /// Shows in `kubectl get nodes` what the node is for. The kubelet may not say so itself.
    static void markControlPlane(KubernetesClient client, Host host) {
        client.nodes()
                .withName(host.name())
                .patch(
                        PatchContext.of(PatchType.JSON_MERGE),
                        "{\"metadata\":{\"labels\":{\"node-role.kubernetes.io/control-plane\":\"\"}}}");
    }
}
