package io.jubernetes.hyperkube.host;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.codec.Sha256;
import io.jubernetes.common.codec.Yaml;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.pki.Pem;
import io.jubernetes.common.pki.SharedSecretSignature;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/// Where a cluster is and by which CA it is known, as everybody may read it from the ConfigMap
/// `kube-public/cluster-info`.
///
/// @param server the API's URL
/// @param authorityPem the cluster's CA
record ClusterInfo(String server, String authorityPem) {
    private static final String NAMESPACE = "kube-public";
    private static final String NAME = "cluster-info";
    private static final String KEY = "kubeconfig";
    private static final String SIGNATURE = "jws-kubeconfig-";
    private static final int TIMEOUT_MILLIS = 10_000;

    /// Shows a cluster's whereabouts to those who want to join.
    void publish(KubernetesClient client) {
        String kubeconfig = Yaml.text(Map.of(
                "apiVersion",
                "v1",
                "kind",
                "Config",
                "clusters",
                List.of(Map.of(
                        "name",
                        "",
                        "cluster",
                        Map.of(
                                "server",
                                server,
                                "certificate-authority-data",
                                Base64.getEncoder().encodeToString(authorityPem.getBytes(StandardCharsets.UTF_8))))),
                "users",
                List.of(),
                "contexts",
                List.of()));
        ConfigMap map = new ConfigMapBuilder()
                .withNewMetadata()
                .withNamespace(NAMESPACE)
                .withName(NAME)
                .endMetadata()
                .addToData(KEY, kubeconfig)
                .build();
        client.resource(map).createOr(existing -> existing.update());
    }

    /// Asks a cluster that is not known yet. What it says is believed when it is signed with the token's
    /// secret and its CA is one of the pinned ones: the token alone would let everybody who holds one
    /// pretend to be the cluster.
    ///
    /// @param endpoint host and port of the API
    /// @param pins `sha256:` and the hash of a CA's public key in hexadecimal digits; empty to trust the
    ///     token alone
    /// @throws StartupException when the cluster does not answer, or is not to be believed
    static ClusterInfo discover(String endpoint, JoinToken token, List<String> pins) throws StartupException {
        ConfigMap map = ask(endpoint, null);
        String kubeconfig = map.getData() == null ? "" : map.getData().getOrDefault(KEY, "");
        String signature = map.getData() == null ? "" : map.getData().getOrDefault(SIGNATURE + token.id(), "");
        if (signature.isEmpty()) {
            throw new StartupException("--token: the cluster knows no token " + token
                    + ", or it has expired; make one with ./jube cluster token create");
        }
        String expected = SharedSecretSignature.of(kubeconfig, token.id(), token.secret());
        if (!MessageDigest.isEqual(bytes(signature), bytes(expected))) {
            throw new StartupException("--token: what " + endpoint
                    + " says is not signed with this token: the token is wrong, or this is another cluster");
        }
        ClusterInfo info = parse(kubeconfig);
        info.checkPins(pins);
        if (!kubeconfig.equals(ask(endpoint, info.authorityPem()).getData().get(KEY))) {
            throw new StartupException(endpoint + " answers differently when its certificate is checked");
        }
        return info;
    }

    private static ConfigMap ask(String endpoint, @Nullable String authorityPem) throws StartupException {
        Config config = new ConfigBuilder(Config.empty())
                .withMasterUrl("https://" + endpoint)
                .withTrustCerts(authorityPem == null)
                .withDisableHostnameVerification(authorityPem == null)
                .withCaCertData(
                        authorityPem == null ? null : Base64.getEncoder().encodeToString(bytes(authorityPem)))
                .withRequestTimeout(TIMEOUT_MILLIS)
                .withConnectionTimeout(TIMEOUT_MILLIS)
                .withRequestRetryBackoffLimit(3)
                .build();
        try (KubernetesClient client =
                new KubernetesClientBuilder().withConfig(config).build()) {
            ConfigMap map =
                    client.configMaps().inNamespace(NAMESPACE).withName(NAME).get();
            if (map == null) {
                throw new StartupException("the cluster at " + endpoint + " has no ConfigMap " + NAMESPACE + "/" + NAME
                        + "; was it made by ./jube cluster init?");
            }
            return map;
        } catch (KubernetesClientException e) {
            throw new StartupException(
                    "cannot ask https://" + endpoint + " for " + NAMESPACE + "/" + NAME + ": " + e.getMessage()
                            + "; is the address right, and may this host reach it?",
                    e);
        }
    }

    private static ClusterInfo parse(String kubeconfig) throws StartupException {
        try {
            JsonNode cluster =
                    Yaml.read(bytes(kubeconfig)).path("clusters").path(0).path("cluster");
            String authority = new String(
                    Base64.getDecoder()
                            .decode(cluster.path("certificate-authority-data").asText()),
                    StandardCharsets.UTF_8);
            return new ClusterInfo(cluster.path("server").asText(), authority);
        } catch (IOException | IllegalArgumentException e) {
            throw new StartupException(
                    "ConfigMap " + NAMESPACE + "/" + NAME + " is no kubeconfig: " + e.getMessage(), e);
        }
    }

    private void checkPins(List<String> pins) throws StartupException {
        if (!pins.isEmpty() && !pins.contains(pin(authorityPem))) {
            throw new StartupException("--discovery-token-ca-cert-hash: the cluster's CA is " + pin(authorityPem)
                    + ", which is not pinned; somebody may stand between this host and the cluster");
        }
    }

    /// How a CA is pinned: `sha256:` and the hash of its public key.
    static String pin(String authorityPem) throws StartupException {
        try {
            X509Certificate certificate = Pem.certificates(authorityPem).getFirst();
            return "sha256:"
                    + HexFormat.of()
                            .formatHex(Sha256.of(certificate.getPublicKey().getEncoded()));
        } catch (IOException | NoSuchElementException e) {
            throw new StartupException("the cluster's CA is no certificate: " + e.getMessage(), e);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
