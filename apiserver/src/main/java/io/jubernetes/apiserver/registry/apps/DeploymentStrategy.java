package io.jubernetes.apiserver.registry.apps;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;

/// Deployments.
public final class DeploymentStrategy extends WorkloadStrategy {
    private static final Table TABLE = Columns.named()
            .text(
                    "Ready",
                    d -> replicas(d, "readyReplicas") + "/"
                            + d.path("spec").path("replicas").asLong(0))
            .text("Up-to-date", d -> replicas(d, "updatedReplicas"))
            .text("Available", d -> replicas(d, "availableReplicas"))
            .age()
            .wide("Containers", d -> TemplateColumns.containers(d))
            .wide("Images", d -> TemplateColumns.images(d))
            .wide("Selector", d -> TemplateColumns.selector(d));

    @Override
    void applySpecDefaults(ObjectNode spec) {
        Meta.defaultTo(spec, "replicas", 1);
        ObjectNode strategy = Meta.child(spec, "strategy");
        Meta.defaultTo(strategy, "type", "RollingUpdate");
        if (strategy.path("type").asText().equals("RollingUpdate")) {
            ObjectNode rolling = Meta.child(strategy, "rollingUpdate");
            quarterIfAbsent(rolling, "maxUnavailable");
            quarterIfAbsent(rolling, "maxSurge");
        }
        Meta.defaultTo(spec, "revisionHistoryLimit", 10);
        Meta.defaultTo(spec, "progressDeadlineSeconds", 600);
    }

    private static void quarterIfAbsent(ObjectNode rolling, String field) {
        if (!rolling.hasNonNull(field)) {
            rolling.set(field, TextNode.valueOf("25%"));
        }
    }

    @Override
    String kindInMessages() {
        return "deployment";
    }

    @Override
    public boolean desiredStateChanged(ObjectNode deployment, ObjectNode old) {
        return super.desiredStateChanged(deployment, old)
                || !annotations(deployment).equals(annotations(old));
    }

    private static JsonNode annotations(ObjectNode deployment) {
        return deployment.path("metadata").path("annotations");
    }

    @Override
    public Table table() {
        return TABLE;
    }
}
