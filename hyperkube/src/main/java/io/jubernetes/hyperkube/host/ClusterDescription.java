package io.jubernetes.hyperkube.host;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.codec.Yaml;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.pki.Pem;
import io.jubernetes.kubelet.network.Cidr;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;

/// What all hosts of a cluster agree on. Kept on each of them and, for those that join, in the ConfigMap
/// `kube-system/jubernetes-config`.
///
/// @param endpoint host and port by which the API is reached from everywhere
/// @param serviceRange addresses of Services
/// @param podRange addresses of pods
/// @param etcd the members' URLs and the files to reach them with; empty for the embedded store of the only
///     control plane host
public record ClusterDescription(String endpoint, String serviceRange, String podRange, Etcd etcd) {
    private static final String NAMESPACE = "kube-system";
    private static final String NAME = "jubernetes-config";
    private static final String KEY = "ClusterDescription";
    private static final int API_HOST = 1;
    private static final int DNS_HOST = 10;

    /// The etcd cluster.
    ///
    /// @param servers URLs of the members
    /// @param authority file of the CA that signed the members' certificates; empty where they use plain
    ///     HTTP
    /// @param certificate file of the API servers' client certificate; may be empty
    /// @param key its key; may be empty
    public record Etcd(List<String> servers, String authority, String certificate, String key) {
        public Etcd {
            servers = List.copyOf(servers);
        }

        boolean isUsed() {
            return !servers.isEmpty();
        }
    }

    /// Checks that a description can be one.
    ///
    /// @throws StartupException naming the flag that is wrong
    public ClusterDescription checked() throws StartupException {
        range("--service-cidr", serviceRange);
        range("--pod-network-cidr", podRange);
        try {
            URI uri = URI.create(server());
            if (uri.getHost() == null || uri.getPort() < 1 || uri.getPort() > 65535) {
                throw new IllegalArgumentException("no host or no port");
            }
        } catch (IllegalArgumentException e) {
            throw new StartupException("--control-plane-endpoint: \"" + endpoint + "\" is not HOST:PORT", e);
        }
        return this;
    }

    private static void range(String flag, String range) throws StartupException {
        try {
            Cidr.parse(range);
        } catch (IllegalArgumentException e) {
            throw new StartupException(flag + ": " + e.getMessage(), e);
        }
    }

    /// The API's URL.
    public String server() {
        return "https://" + endpoint;
    }

    String endpointHost() {
        return endpoint.substring(0, endpoint.lastIndexOf(':')).replaceAll("[\\[\\]]", "");
    }

    /// The address of the Service `kubernetes`.
    String apiAddress() {
        return Cidr.parse(serviceRange).host(API_HOST);
    }

    String dnsAddress() {
        return Cidr.parse(serviceRange).host(DNS_HOST);
    }

    /// The description this host keeps; empty when the host belongs to no cluster.
    ///
    /// @throws StartupException when it is unreadable
    public static Optional<ClusterDescription> read(HostFiles files) throws StartupException {
        try {
            return Files.exists(files.cluster())
                    ? Optional.of(of(Yaml.read(Files.readAllBytes(files.cluster()))))
                    : Optional.empty();
        } catch (IOException | IllegalArgumentException e) {
            throw new StartupException("cannot read " + files.cluster() + ": " + e.getMessage(), e);
        }
    }

    private static ClusterDescription of(JsonNode tree) {
        return Json.as(tree, ClusterDescription.class);
    }

    void write(HostFiles files) throws IOException {
        Pem.writePublic(files.cluster(), Yaml.text(Json.tree(this)));
    }

    void publish(KubernetesClient client) {
        ConfigMap map = new ConfigMapBuilder()
                .withNewMetadata()
                .withNamespace(NAMESPACE)
                .withName(NAME)
                .endMetadata()
                .addToData(KEY, Yaml.text(Json.tree(this)))
                .build();
        client.resource(map).createOr(existing -> existing.update());
    }

    /// What a cluster's hosts agreed on, for one that joins.
    ///
    /// @throws StartupException when the cluster has none, because it was not made by `jube cluster init`
    static ClusterDescription published(KubernetesClient client) throws StartupException {
        ConfigMap map =
                client.configMaps().inNamespace(NAMESPACE).withName(NAME).get();
        if (map == null || !map.getData().containsKey(KEY)) {
            throw new StartupException(
                    "the cluster has no ConfigMap " + NAMESPACE + "/" + NAME + "; was it made by ./jube cluster init?");
        }
        try {
            return of(Yaml.read(map.getData().get(KEY).getBytes(StandardCharsets.UTF_8)));
        } catch (IOException | IllegalArgumentException e) {
            throw new StartupException("ConfigMap " + NAMESPACE + "/" + NAME + ": " + e.getMessage(), e);
        }
    }
}
