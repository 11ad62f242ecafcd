package io.jubernetes.apiserver.registry.core;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.registry.TemplateColumns;
import io.jubernetes.apiserver.registry.TemplateRules;
import io.jubernetes.apiserver.registry.apps.WorkloadStrategy;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import java.util.List;
import java.util.Map;

/// Replication controllers: replica sets with a plain selector.
public final class ReplicationControllerStrategy extends WorkloadStrategy {
    private static final Table TABLE = Columns.named()
            .number("Desired", rc -> rc.path("spec").path("replicas").asLong(0))
            .number("Current", rc -> replicas(rc, "replicas"))
            .number("Ready", rc -> replicas(rc, "readyReplicas"))
            .age()
            .wide("Containers", rc -> TemplateColumns.containers(rc.path("spec").path("template")))
            .wide("Images", rc -> TemplateColumns.images(rc.path("spec").path("template")))
            .wide("Selector", rc -> TemplateColumns.selector(rc.path("spec").path("selector")));

    @Override
    public void applyDefaults(ObjectNode controller) {
        super.applyDefaults(controller);
        ObjectNode spec = Meta.child(controller, "spec");
        JsonNode labels = spec.path("template").path("metadata").path("labels");
        if (labels.isEmpty()) {
            return;
        }
        if (spec.path("selector").isEmpty()) {
            spec.set("selector", labels.deepCopy());
        }
        if (Meta.labels(controller).isEmpty()) {
            Meta.of(controller).set("labels", labels.deepCopy());
        }
    }

    @Override
    protected void applySpecDefaults(ObjectNode spec) {
        Meta.defaultTo(spec, "replicas", 1);
        if (spec.path("minReadySeconds").asLong(0) == 0) {
            // The schema names the default, the encoding leaves it out.
            spec.remove("minReadySeconds");
        }
    }

    @Override
    public void prepareForCreate(ObjectNode controller) {
        controller.putObject("status").put("replicas", 0);
    }

    @Override
    protected void check(Field spec, JsonNode old) {
        spec.get("minReadySeconds").requireNonNegative();
        Field selector = spec.get("selector");
        if (selector.isEmpty()) {
            selector.required("");
        }
        spec.get("replicas").requireNonNegative();
        Field template = spec.get("template");
        if (!template.isSet()) {
            template.required("");
            return;
        }
        Map<String, String> labels = Meta.labels(template.value());
        if (!labels.entrySet().containsAll(Meta.strings(selector.value()).entrySet())) {
            template.get("metadata")
                    .get("labels")
                    .invalid(TemplateRules.labels(template.value()), "`selector` does not match template `labels`");
        }
        TemplateRules.checkReplicated(
                template, old.path("template"), spec.get("replicas").number(), "ReplicationController");
    }

    /// The selector of a replication controller may change.
    @Override
    protected void checkChange(Field spec, JsonNode old) {}

    @Override
    protected void checkStatus(Field status, JsonNode old) {
        TemplateRules.checkCounts(
                status,
                List.of("replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "observedGeneration"),
                List.of("fullyLabeledReplicas", "readyReplicas", "availableReplicas"));
        TemplateRules.checkAvailable(status, "readyReplicas");
    }

    @Override
    public boolean orphansByDefault() {
        return true;
    }

    @Override
    public Map<String, String> selectableFields(JsonNode controller) {
        return Map.of("status.replicas", Long.toString(replicas(controller, "replicas")));
    }

    @Override
    public Table table() {
        return TABLE;
    }
}
