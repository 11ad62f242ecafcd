package io.jubernetes.apiserver.registry.apps;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;

/// Stateful sets.
public final class StatefulSetStrategy extends WorkloadStrategy {
    private static final Table TABLE = Columns.named()
            .text(
                    "Ready",
                    s -> replicas(s, "readyReplicas") + "/"
                            + s.path("spec").path("replicas").asLong(0))
            .age()
            .wide("Containers", s -> TemplateColumns.containers(s))
            .wide("Images", s -> TemplateColumns.images(s));

    @Override
    void applySpecDefaults(ObjectNode spec) {
        Meta.defaultTo(spec, "podManagementPolicy", "OrderedReady");
        ObjectNode strategy = Meta.child(spec, "updateStrategy");
        Meta.defaultTo(strategy, "type", "RollingUpdate");
        if (strategy.path("type").asText().equals("RollingUpdate")) {
            Meta.defaultTo(Meta.child(strategy, "rollingUpdate"), "partition", 0);
        }
        Meta.defaultTo(spec, "replicas", 1);
        Meta.defaultTo(spec, "revisionHistoryLimit", 10);
        ObjectNode retention = Meta.child(spec, "persistentVolumeClaimRetentionPolicy");
        Meta.defaultTo(retention, "whenDeleted", "Retain");
        Meta.defaultTo(retention, "whenScaled", "Retain");
        for (ObjectNode claim : Meta.items(spec, "volumeClaimTemplates")) {
            claim.put("apiVersion", "v1").put("kind", "PersistentVolumeClaim");
            Meta.defaultTo(Meta.child(claim, "spec"), "volumeMode", "Filesystem");
            Meta.defaultTo(Meta.child(claim, "status"), "phase", "Pending");
        }
    }

    @Override
    public void prepareForCreate(ObjectNode set) {
        set.putObject("status").put("replicas", 0).put("availableReplicas", 0);
    }

    @Override
    String kindInMessages() {
        return "statefulset";
    }

    @Override
    public Table table() {
        return TABLE;
    }
}
