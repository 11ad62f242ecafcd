package io.jubernetes.controllermanager.disruption;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ReplicationController;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.controller.Lister;
import io.jubernetes.common.controller.RawApi;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.controllermanager.ControllerContext;
import io.jubernetes.controllermanager.discovery.ApiResources;
import io.jubernetes.controllermanager.discovery.ApiResources.ApiResource;
import io.jubernetes.controllermanager.workload.Owners;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// How many pods the controllers of some pods want, whatever kind those are of: the known ones by the caches, all
/// others by their `scale` subresource. Thread-safe.
final class Scales {
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(30);

    /// @param unmanaged names of pods without a controller
    record Total(int wanted, List<String> unmanaged) {}

    private record Scale(String uid, int wanted) {}

    private final RawApi raw;
    private final ControllerContext context;
    private final Lister<Deployment> deployments;
    private final Lister<ReplicaSet> replicaSets;
    private final Lister<StatefulSet> statefulSets;
    private final Lister<ReplicationController> replicationControllers;
    private ApiResources resources = new ApiResources(List.of(), List.of()); // guarded by this
    private Instant discoveredAt = Instant.EPOCH; // guarded by this

    Scales(ControllerContext context) {
        this.raw = context.raw();
        this.context = context;
        this.deployments = context.informers().of(Deployment.class);
        this.replicaSets = context.informers().of(ReplicaSet.class);
        this.statefulSets = context.informers().of(StatefulSet.class);
        this.replicationControllers = context.informers().of(ReplicationController.class);
    }

    /// @throws IllegalStateException when a pod's controller is of no kind that can be scaled; the message is for
    ///     users
    Total of(List<Pod> pods) {
        var unmanaged = new ArrayList<String>();
        Map<String, Integer> byController = new HashMap<>();
        var known = new HashMap<String, Scale>();
        for (Pod pod : pods) {
            OwnerReference owner = Owners.controllerOf(pod).orElse(null);
            if (owner == null) {
                unmanaged.add(pod.getMetadata().getName());
                continue;
            }
            Scale scale = known.get(owner.getUid());
            if (scale == null) {
                scale = of(pod.getMetadata().getNamespace(), owner)
                        .orElseThrow(() -> new IllegalStateException("found no controllers for pod \""
                                + pod.getMetadata().getName() + "\""));
                known.put(owner.getUid(), scale);
            }
            byController.put(scale.uid(), scale.wanted());
        }
        return new Total(
                byController.values().stream().mapToInt(Integer::intValue).sum(), unmanaged);
    }

    private Optional<Scale> of(String namespace, OwnerReference owner) {
        var key = new ObjectKey(namespace, owner.getName());
        String group = owner.getApiVersion().contains("/")
                ? owner.getApiVersion().substring(0, owner.getApiVersion().indexOf('/'))
                : "";
        return switch (group + "/" + owner.getKind()) {
            case "/ReplicationController" ->
                same(replicationControllers.find(key), owner)
                        .map(each -> scale(each, each.getSpec().getReplicas()));
            case "apps/StatefulSet" ->
                same(statefulSets.find(key), owner)
                        .map(each -> scale(each, each.getSpec().getReplicas()));
            case "apps/ReplicaSet" -> same(replicaSets.find(key), owner).flatMap(this::ofReplicaSet);
            default -> bySubresource(namespace, owner);
        };
    }

    /// Of a deployment all sets together count as one, with the number the deployment wants.
    private Optional<Scale> ofReplicaSet(ReplicaSet set) {
        OwnerReference above = Owners.controllerOf(set)
                .filter(each -> each.getKind().equals("Deployment"))
                .orElse(null);
        if (above == null) {
            return Optional.of(scale(set, set.getSpec().getReplicas()));
        }
        return same(deployments.find(new ObjectKey(set.getMetadata().getNamespace(), above.getName())), above)
                .map(each -> scale(each, each.getSpec().getReplicas()));
    }

    private Optional<Scale> bySubresource(String namespace, OwnerReference owner) {
        Optional<ApiResource> resource = resource(owner);
        if (resource.isEmpty()) {
            return Optional.empty();
        }
        try {
            JsonNode scale = raw.get(resource.get().path(namespace, owner.getName()) + "/scale");
            if (!scale.path("metadata").path("uid").asText().equals(owner.getUid())) {
                return Optional.empty();
            }
            return Optional.of(new Scale(
                    owner.getUid(), scale.path("spec").path("replicas").asInt()));
        } catch (KubernetesClientException e) {
            if (e.getCode() == 404) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private synchronized Optional<ApiResource> resource(OwnerReference owner) {
        Optional<ApiResource> there = resources.ofKind(owner.getApiVersion(), owner.getKind());
        Instant now = context.clock().instant();
        if (there.isEmpty() && now.isAfter(discoveredAt.plus(LOOK_AGAIN))) {
            resources = ApiResources.discover(raw);
            discoveredAt = now;
            there = resources.ofKind(owner.getApiVersion(), owner.getKind());
        }
        return there;
    }

    private static <T extends HasMetadata> Optional<T> same(Optional<T> object, OwnerReference owner) {
        return object.filter(each -> each.getMetadata().getUid().equals(owner.getUid()));
    }

    private static Scale scale(HasMetadata owner, @Nullable Integer replicas) {
        return new Scale(owner.getMetadata().getUid(), replicas == null ? 1 : replicas);
    }
}
