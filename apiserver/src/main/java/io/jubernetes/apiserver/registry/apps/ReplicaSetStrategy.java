package io.jubernetes.apiserver.registry.apps;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.registry.TemplateColumns;
import io.jubernetes.apiserver.registry.TemplateRules;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import java.util.List;
import java.util.Map;

/// Replica sets.
public final class ReplicaSetStrategy extends WorkloadStrategy {
    private static final Table TABLE = Columns.named()
            .number("Desired", rs -> rs.path("spec").path("replicas").asLong(0))
            .number("Current", rs -> replicas(rs, "replicas"))
            .number("Ready", rs -> replicas(rs, "readyReplicas"))
            .age()
            .wide("Containers", rs -> TemplateColumns.containers(rs.path("spec").path("template")))
            .wide("Images", rs -> TemplateColumns.images(rs.path("spec").path("template")))
            .wide("Selector", rs -> TemplateColumns.selector(rs.path("spec").path("selector")));

    @Override
    protected void applySpecDefaults(ObjectNode spec) {
        Meta.defaultTo(spec, "replicas", 1);
    }

    @Override
    public void prepareForCreate(ObjectNode set) {
        set.putObject("status").put("replicas", 0);
    }

    @Override
    protected void check(Field spec, JsonNode old) {
        spec.get("replicas").requireNonNegative();
        spec.get("minReadySeconds").requireNonNegative();
        Field selector = spec.get("selector");
        if (TemplateRules.checkSelector(selector, "deployment")) {
            TemplateRules.checkLabels(selector, spec.get("template"));
            TemplateRules.checkReplicated(
                    spec.get("template"),
                    old.path("template"),
                    spec.get("replicas").number(),
                    "ReplicaSet");
        } else {
            selector.invalid(TemplateRules.shown(selector.value()), "invalid label selector");
        }
    }

    @Override
    protected void checkStatus(Field status, JsonNode old) {
        TemplateRules.checkCounts(
                status,
                List.of(
                        "replicas",
                        "fullyLabeledReplicas",
                        "readyReplicas",
                        "availableReplicas",
                        "observedGeneration",
                        "terminatingReplicas"),
                List.of("fullyLabeledReplicas", "readyReplicas", "availableReplicas"));
        TemplateRules.checkAvailable(status, "readyReplicas");
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
