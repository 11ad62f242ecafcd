package io.jubernetes.scheduler.plugins.spread;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.ReplicationController;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.TopologySpreadConstraint;
import io.fabric8.kubernetes.api.model.TopologySpreadConstraintBuilder;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.controller.Lister;
import io.jubernetes.common.meta.LabelSelectors;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.common.scheduling.LabelMatcher;
import io.jubernetes.scheduler.framework.Cluster;
import io.jubernetes.scheduler.framework.PodInfo;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// What spreads the pods that say nothing about it themselves: the pods of the same services and of the same
/// controller are kept apart.
final class DefaultConstraints {
    private final boolean system;
    private final List<TopologySpreadConstraint> constraints;
    private final Lister<Service> services;
    private final Lister<ReplicationController> replicationControllers;
    private final Lister<ReplicaSet> replicaSets;
    private final Lister<StatefulSet> statefulSets;

    DefaultConstraints(Cluster cluster, JsonNode args) {
        services = cluster.lister(Service.class);
        replicationControllers = cluster.lister(ReplicationController.class);
        replicaSets = cluster.lister(ReplicaSet.class);
        statefulSets = cluster.lister(StatefulSet.class);
        String type = args.path("defaultingType").asText("System");
        JsonNode given = args.path("defaultConstraints");
        system = type.equals("System");
        constraints =
                system ? List.of(soft(3, Constraint.HOSTNAME), soft(5, "topology.kubernetes.io/zone")) : read(given);
    }

    /// Whether the constraints are those built in, by which nodes without a label count all the same.
    boolean isSystem() {
        return system;
    }

    List<Constraint> of(PodInfo pod, String whenUnsatisfiable) {
        List<TopologySpreadConstraint> wanted = constraints.stream()
                .filter(constraint -> whenUnsatisfiable.equals(constraint.getWhenUnsatisfiable()))
                .toList();
        if (wanted.isEmpty()) {
            return List.of();
        }
        LabelMatcher selector = selector(pod);
        return selector.matchesEverything()
                ? List.of()
                : wanted.stream()
                        .map(constraint -> Constraint.of(constraint, selector))
                        .toList();
    }

    private LabelMatcher selector(PodInfo pod) {
        String namespace = pod.key().namespace();
        var pairs = new HashMap<String, String>();
        for (Service service : services.inNamespace(namespace)) {
            Map<String, String> selected = service.getSpec().getSelector();
            if (LabelSelectors.matchesPlain(selected, pod.labels())) {
                pairs.putAll(selected);
            }
        }
        LabelMatcher owners = LabelMatcher.EVERYTHING;
        for (OwnerReference owner : pod.pod().getMetadata().getOwnerReferences()) {
            if (Boolean.TRUE.equals(owner.getController())) {
                ObjectKey key = ObjectKey.of(namespace, owner.getName());
                switch (owner.getKind()) {
                    case "ReplicationController" ->
                        same(replicationControllers, key, owner)
                                .ifPresent(found -> pairs.putAll(found.getSpec().getSelector()));
                    case "ReplicaSet" ->
                        owners = same(replicaSets, key, owner)
                                .map(found -> LabelMatcher.of(found.getSpec().getSelector()))
                                .orElse(owners);
                    case "StatefulSet" ->
                        owners = same(statefulSets, key, owner)
                                .map(found -> LabelMatcher.of(found.getSpec().getSelector()))
                                .orElse(owners);
                    default -> {}
                }
            }
        }
        return LabelMatcher.ofPairs(pairs).and(owners);
    }

    private static <T extends HasMetadata> java.util.Optional<T> same(
            Lister<T> lister, ObjectKey key, OwnerReference owner) {
        return lister.find(key)
                .filter(found -> owner.getUid().equals(found.getMetadata().getUid()));
    }

    private static TopologySpreadConstraint soft(int maxSkew, String topologyKey) {
        return new TopologySpreadConstraintBuilder()
                .withMaxSkew(maxSkew)
                .withTopologyKey(topologyKey)
                .withWhenUnsatisfiable(Constraint.SCHEDULE_ANYWAY)
                .build();
    }

    private static List<TopologySpreadConstraint> read(JsonNode given) {
        List<TopologySpreadConstraint> result = new ArrayList<>();
        given.forEach(constraint -> result.add(Json.as(constraint, TopologySpreadConstraint.class)));
        return result;
    }
}
