package io.jubernetes.kubelet.cluster;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.authentication.TokenRequest;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.storage.CSIDriver;
import io.fabric8.kubernetes.api.model.storage.VolumeAttachment;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.RawApi;
import io.jubernetes.common.meta.ObjectKey;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Objects of the cluster over the API. Config maps and secrets are asked for each time, so that a pod sees
/// what was written before it; services and the node are watched.
public final class ApiObjects implements ClusterObjects {
    private final KubernetesClient client;
    private final Informed<Service> services;
    private final Supplier<Boolean> servicesRead;
    private final Informed<Node> nodes;
    private final String nodeName;
    private final Clock clock;

    /// @param servicesRead whether the services have been read once
    public ApiObjects(
            KubernetesClient client,
            Informed<Service> services,
            Supplier<Boolean> servicesRead,
            Informed<Node> nodes,
            String nodeName,
            Clock clock) {
        this.client = client;
        this.services = services;
        this.servicesRead = servicesRead;
        this.nodes = nodes;
        this.nodeName = nodeName;
        this.clock = clock;
    }

    @Override
    public Optional<ConfigMap> configMap(String namespace, String name) throws ClusterFailure {
        return get(
                () -> client.configMaps().inNamespace(namespace).withName(name).get());
    }

    @Override
    public Optional<Secret> secret(String namespace, String name) throws ClusterFailure {
        return get(() -> client.secrets().inNamespace(namespace).withName(name).get());
    }

    @Override
    public Optional<PersistentVolumeClaim> claim(String namespace, String name) throws ClusterFailure {
        return get(() -> client.persistentVolumeClaims()
                .inNamespace(namespace)
                .withName(name)
                .get());
    }

    @Override
    public Optional<PersistentVolume> volume(String name) throws ClusterFailure {
        return get(() -> client.persistentVolumes().withName(name).get());
    }

    @Override
    public Optional<ResourceClaim> resourceClaim(String namespace, String name) throws ClusterFailure {
        return get(() -> client.resources(ResourceClaim.class)
                .inNamespace(namespace)
                .withName(name)
                .get());
    }

    @Override
    public Optional<CSIDriver> csiDriver(String name) throws ClusterFailure {
        return get(() -> client.resources(CSIDriver.class).withName(name).get());
    }

    @Override
    public Optional<VolumeAttachment> volumeAttachment(String name) throws ClusterFailure {
        return get(() -> client.resources(VolumeAttachment.class).withName(name).get());
    }

    @Override
    public void resized(PersistentVolumeClaim claim, Quantity size) throws ClusterFailure {
        ObjectNode patch = Json.object();
        ObjectNode status = patch.putObject("status");
        status.putObject("capacity").put("storage", size.toString());
        status.putNull("allocatedResourceStatuses");
        ArrayNode conditions = status.putArray("conditions");
        claim.getStatus().getConditions().stream()
                .filter(condition -> !condition.getType().equals("FileSystemResizePending")
                        && !condition.getType().equals("Resizing"))
                .forEach(condition -> conditions.add(Json.tree(condition)));
        try {
            var _ = new RawApi(client).patch(RawApi.path(claim) + "/status", RawApi.MERGE_PATCH, patch);
        } catch (KubernetesClientException e) {
            throw failure(e);
        }
    }

    private static <T> Optional<T> get(Supplier<@Nullable T> call) throws ClusterFailure {
        try {
            return Optional.ofNullable(call.get());
        } catch (KubernetesClientException e) {
            throw failure(e);
        }
    }

    private static ClusterFailure failure(KubernetesClientException e) {
        String message = e.getStatus() != null && e.getStatus().getMessage() != null
                ? e.getStatus().getMessage()
                : String.valueOf(e.getMessage());
        return new ClusterFailure(message, e);
    }

    @Override
    public List<Service> services() throws ClusterFailure {
        if (!servicesRead.get()) {
            throw new ClusterFailure("services have not yet been read at least once, cannot construct envvars", null);
        }
        return services.all();
    }

    @Override
    public Optional<Node> node() {
        return nodes.find(new ObjectKey("", nodeName));
    }

    @Override
    public Token serviceAccountToken(
            String namespace, String serviceAccount, BoundPod pod, @Nullable String audience, Duration lifetime)
            throws ClusterFailure {
        TokenRequest request = new TokenRequestBuilder()
                .withNewSpec()
                .withAudiences(audience == null ? List.of() : List.of(audience))
                .withExpirationSeconds(lifetime.toSeconds())
                .withNewBoundObjectRef()
                .withApiVersion("v1")
                .withKind("Pod")
                .withName(pod.name())
                .withUid(pod.uid())
                .endBoundObjectRef()
                .endSpec()
                .build();
        Instant now = clock.instant();
        try {
            TokenRequest answer = client.serviceAccounts()
                    .inNamespace(namespace)
                    .withName(serviceAccount)
                    .tokenRequest(request);
            String expires = answer.getStatus().getExpirationTimestamp();
            return new Token(
                    answer.getStatus().getToken(), now, expires == null ? now.plus(lifetime) : Instant.parse(expires));
        } catch (KubernetesClientException e) {
            throw new ClusterFailure("failed to fetch token: " + failure(e).getMessage(), e);
        }
    }
}
