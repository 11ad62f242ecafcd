package io.jubernetes.apiserver.registry.apps;

import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;

/// Daemon sets.
public final class DaemonSetStrategy extends WorkloadStrategy {
    private static final Table TABLE = Columns.named()
            .number("Desired", d -> replicas(d, "desiredNumberScheduled"))
            .number("Current", d -> replicas(d, "currentNumberScheduled"))
            .number("Ready", d -> replicas(d, "numberReady"))
            .number("Up-to-date", d -> replicas(d, "updatedNumberScheduled"))
            .number("Available", d -> replicas(d, "numberAvailable"))
            .text("Node Selector", d -> {
                var terms = new java.util.ArrayList<String>();
                Meta.strings(d.path("spec").path("template").path("spec").path("nodeSelector"))
                        .forEach((key, value) -> terms.add(key + "=" + value));
                return terms.isEmpty() ? "<none>" : String.join(",", terms);
            })
            .age()
            .wide("Containers", d -> TemplateColumns.containers(d))
            .wide("Images", d -> TemplateColumns.images(d))
            .wide("Selector", d -> TemplateColumns.selector(d));

    @Override
    void applySpecDefaults(ObjectNode spec) {
        ObjectNode strategy = Meta.child(spec, "updateStrategy");
        Meta.defaultTo(strategy, "type", "RollingUpdate");
        if (strategy.path("type").asText().equals("RollingUpdate")) {
            ObjectNode rolling = Meta.child(strategy, "rollingUpdate");
            if (!rolling.hasNonNull("maxUnavailable")) {
                rolling.set("maxUnavailable", IntNode.valueOf(1));
            }
            if (!rolling.hasNonNull("maxSurge")) {
                rolling.set("maxSurge", IntNode.valueOf(0));
            }
        }
        Meta.defaultTo(spec, "revisionHistoryLimit", 10);
    }

    @Override
    public void prepareForCreate(ObjectNode set) {
        set.putObject("status")
                .put("currentNumberScheduled", 0)
                .put("numberMisscheduled", 0)
                .put("desiredNumberScheduled", 0)
                .put("numberReady", 0);
    }

    @Override
    String kindInMessages() {
        return "daemonset";
    }

    @Override
    public Table table() {
        return TABLE;
    }
}
