package io.jubernetes.apiserver.registry.apps;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;
import java.util.Map;

/// Replica sets.
public final class ReplicaSetStrategy extends WorkloadStrategy {
    private static final Table TABLE = Columns.named()
            .number("Desired", rs -> rs.path("spec").path("replicas").asLong(0))
            .number("Current", rs -> replicas(rs, "replicas"))
            .number("Ready", rs -> replicas(rs, "readyReplicas"))
            .age()
            .wide("Containers", rs -> TemplateColumns.containers(rs))
            .wide("Images", rs -> TemplateColumns.images(rs))
            .wide("Selector", rs -> TemplateColumns.selector(rs));

    @Override
    void applySpecDefaults(ObjectNode spec) {
        Meta.defaultTo(spec, "replicas", 1);
    }

    @Override
    public void prepareForCreate(ObjectNode set) {
        set.putObject("status").put("replicas", 0);
    }

    @Override
    String kindInMessages() {
        return "ReplicaSet";
    }

    @Override
    public Map<String, String> selectableFields(JsonNode set) {
        return Map.of("status.replicas", Long.toString(replicas(set, "replicas")));
    }

    @Override
    public Table table() {
        return TABLE;
    }
}
