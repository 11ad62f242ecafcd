package io.jubernetes.hyperkube.host;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.client.Kubeconfigs;
import io.jubernetes.common.client.KubernetesClients;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.pki.Pem;
import io.jubernetes.common.time.Deadline;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Makes a host a node: writes what its kubelet and service proxy need (the credentials to ask for a
/// certificate with, the configuration of the node's group, the proxies' kubeconfig), starts them, and
/// waits until the node is there.
final class NodeSetup {
    private static final Logger LOG = LoggerFactory.getLogger(NodeSetup.class);
    private static final String CLUSTER = "jubernetes";
    private static final String GROUPS = "jubernetes-node";
    private static final String CONFIGURATION = "node-config.yaml";
    private static final Duration TOKEN_LIMIT = Duration.ofSeconds(60);
    private static final long POLL_NANOS = Duration.ofMillis(200).toNanos();

    private NodeSetup() {}

    /// Makes this host a node.
    ///
    /// @param client may read what a joining host may read
    /// @param authorityPem the cluster's CA
    /// @param group the ConfigMap of the node's group
    /// @throws StartupException when the cluster lacks what is read, or the node does not register
    static void run(
            KubernetesClient client,
            Setup setup,
            ClusterDescription cluster,
            String authorityPem,
            JoinToken token,
            String group)
            throws StartupException, IOException {
        setup.step("writing the node's files to " + setup.files().node());
        write(client, setup.files(), cluster, authorityPem, token, group);
        new ServiceFlags(setup.files(), cluster).node(setup.host());
        setup.start(HostServices.NODE);
        setup.step("waiting for node " + setup.host().name());
        awaitNode(setup);
    }

    private static void awaitNode(Setup setup) throws StartupException {
        Deadline deadline = Deadline.in(Setup.PATIENCE);
        while (!deadline.isOver()) {
            if (Files.exists(setup.files().nodeKubeconfig())) {
                try (KubernetesClient node =
                        KubernetesClients.connect(setup.files().nodeKubeconfig(), "jube")) {
                    if (node.nodes().withName(setup.host().name()).get() != null) {
                        return;
                    }
                } catch (KubernetesClientException e) {
                    LOG.debug("cannot ask for the node yet", e);
                }
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
        throw new StartupException(
                "the kubelet did not register node " + setup.host().name() + " within " + Setup.PATIENCE.toMinutes()
                        + " minutes; see its log (journalctl -u jubernetes-kubelet)");
    }

    private static void write(
            KubernetesClient client,
            HostFiles files,
            ClusterDescription cluster,
            String authorityPem,
            JoinToken token,
            String group)
            throws StartupException, IOException {
        ConfigMap map = client.configMaps().inNamespace(GROUPS).withName(group).get();
        if (map == null || map.getData() == null || !map.getData().containsKey(CONFIGURATION)) {
            throw new StartupException("--node-group: there is no ConfigMap " + GROUPS + "/" + group + " with "
                    + CONFIGURATION + "; see kubectl get configmaps -n " + GROUPS);
        }
        Files.createDirectories(files.node());
        Pem.writePublic(files.authority(), authorityPem);
        Pem.writePublic(files.nodeConfiguration(), map.getData().get(CONFIGURATION));
        Pem.writePublic(files.nodeEnvironment(), "BOOTSTRAP_CONFIG_NAME=" + group + "\n");
        Kubeconfigs.writeToken(
                files.bootstrapKubeconfig(), CLUSTER, "bootstrap", cluster.server(), authorityPem, token.text());
        Kubeconfigs.writeToken(
                files.kubeconfig("service-proxy"),
                CLUSTER,
                "service-proxy",
                cluster.server(),
                authorityPem,
                proxyToken(client));
    }

    /// The token appears in its Secret a moment after the Secret was made.
    private static String proxyToken(KubernetesClient client) throws StartupException {
        Deadline deadline = Deadline.in(TOKEN_LIMIT);
        while (!deadline.isOver()) {
            Secret secret = client.secrets()
                    .inNamespace(JoinToken.NAMESPACE)
                    .withName("service-proxy-token")
                    .get();
            if (secret != null && secret.getData() != null && secret.getData().containsKey("token")) {
                return new String(Base64.getDecoder().decode(secret.getData().get("token")), StandardCharsets.UTF_8);
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
        throw new StartupException("Secret " + JoinToken.NAMESPACE
                + "/service-proxy-token got no token; does the controller manager run?");
    }
}
