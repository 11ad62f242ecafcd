package io.jubernetes.apiserver.registry.core;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.CheckedStrategy;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Strategy;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.common.meta.NameRules;
import java.util.List;
import java.util.Map;

/// Namespaces: they stay, terminating, until their finalizer `kubernetes` is taken from the spec, which happens when
/// they are empty.
public final class NamespaceStrategy extends CheckedStrategy {
    private static final String FINALIZER = "kubernetes";
    private static final List<String> STANDARD = List.of(FINALIZER, "orphan", "foregroundDeletion");
    private static final Table TABLE = Columns.named()
            .text("Status", namespace -> namespace.path("status").path("phase").asText(""))
            .age();

    @Override
    public Names names() {
        return Names.LABEL;
    }

    @Override
    public boolean hasStatus() {
        return true;
    }

    @Override
    public void applyDefaults(ObjectNode namespace) {
        String name = Meta.name(namespace);
        if (!name.isEmpty()) {
            Meta.child(Meta.of(namespace), "labels").put("kubernetes.io/metadata.name", name);
        }
    }

    @Override
    public void prepareForCreate(ObjectNode namespace) {
        namespace.putObject("status").put("phase", "Active");
        ObjectNode spec = Meta.child(namespace, "spec");
        boolean has = false;
        for (JsonNode finalizer : spec.path("finalizers")) {
            has |= finalizer.asText().equals(FINALIZER);
        }
        if (!has) {
            ArrayNode finalizers =
                    spec.get("finalizers") instanceof ArrayNode list ? list : spec.putArray("finalizers");
            finalizers.add(FINALIZER);
        }
        applyDefaults(namespace);
    }

    @Override
    public void prepareForUpdate(ObjectNode namespace, ObjectNode old) {
        Strategy.restore(namespace, old, "status");
        Strategy.restore(Meta.child(namespace, "spec"), Meta.child(old, "spec"), "finalizers");
    }

    @Override
    protected void check(Field namespace) {
        Field finalizers = namespace.get("spec").get("finalizers");
        for (Field finalizer : finalizers.items()) {
            List<String> problems = NameRules.qualifiedName(finalizer.text());
            problems.forEach(problem -> finalizers.invalid(finalizer.text(), problem));
            if (problems.isEmpty() && !finalizer.text().contains("/") && !STANDARD.contains(finalizer.text())) {
                finalizers.invalid(
                        finalizer.text(), "name is neither a standard finalizer name nor is it fully qualified");
            }
        }
    }

    @Override
    protected void checkStatusUpdate(Field namespace, Field old) {
        boolean terminating = Meta.isTerminating(namespace.value());
        String phase = namespace.get("status").get("phase").text();
        Field shown = namespace.get("status").get("Phase");
        if (!terminating && !phase.equals("Active")) {
            shown.invalid(phase, "may only be 'Active' if `deletionTimestamp` is empty");
        } else if (terminating && !phase.equals("Terminating")) {
            shown.invalid(phase, "may only be 'Terminating' if `deletionTimestamp` is not empty");
        }
    }

    @Override
    public boolean keepsTerminating(ObjectNode namespace) {
        return !namespace.path("spec").path("finalizers").isEmpty();
    }

    @Override
    public void prepareForSubresource(String subresource, ObjectNode namespace, ObjectNode old) {
        Strategy.restore(namespace, old, "status");
    }

    @Override
    public void markTerminating(ObjectNode namespace) {
        Meta.of(namespace).remove("deletionGracePeriodSeconds");
        Meta.child(namespace, "status").put("phase", "Terminating");
    }

    @Override
    public Map<String, String> selectableFields(JsonNode namespace) {
        return Map.of(
                "name",
                Meta.name(namespace),
                "status.phase",
                namespace.path("status").path("phase").asText(""));
    }

    @Override
    public Table table() {
        return TABLE;
    }
}
