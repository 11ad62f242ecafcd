package io.jubernetes.apiserver.registry.apps;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.registry.TemplateColumns;
import io.jubernetes.apiserver.registry.TemplateRules;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.InternalForm;
import io.jubernetes.apiserver.validation.PercentRules;
import java.util.List;

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
            .wide("Containers", d -> TemplateColumns.containers(d.path("spec").path("template")))
            .wide("Images", d -> TemplateColumns.images(d.path("spec").path("template")))
            .wide("Selector", d -> TemplateColumns.selector(d.path("spec").path("selector")));

    @Override
    protected void applySpecDefaults(ObjectNode spec) {
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
    protected void check(Field spec, JsonNode old) {
        spec.get("replicas").requireNonNegative();
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
        checkStrategy(spec.get("strategy"));
        Field ready = spec.get("minReadySeconds");
        ready.requireNonNegative();
        spec.get("revisionHistoryLimit").requireNonNegative();
        Field deadline = spec.get("progressDeadlineSeconds");
        deadline.requireNonNegative();
        if (deadline.isSet() && deadline.number() <= ready.number()) {
            deadline.invalid("must be greater than minReadySeconds");
        }
    }

    private static void checkStrategy(Field strategy) {
        Field rolling = strategy.get("rollingUpdate");
        switch (strategy.get("type").text()) {
            case "Recreate" -> {
                if (rolling.isSet()) {
                    rolling.forbidden("may not be specified when strategy `type` is 'Recreate'");
                }
            }
            case "RollingUpdate" -> checkRolling(rolling.get("maxUnavailable"), rolling.get("maxSurge"));
            default ->
                strategy.report(Cause.notSupported(
                        strategy.path(),
                        InternalForm.of("apps.v1.DeploymentStrategy", strategy.value()),
                        List.of("Recreate", "RollingUpdate")));
        }
    }

    private static void checkRolling(Field unavailable, Field surge) {
        PercentRules.checkNonNegative(unavailable);
        PercentRules.checkNonNegative(surge);
        if (PercentRules.number(unavailable.value()) == 0
                && PercentRules.number(surge.value()) == 0
                && isNumber(surge)
                && isNumber(unavailable)) {
            unavailable.invalid("may not be 0 when `maxSurge` is 0");
        }
        PercentRules.checkAtMostAll(unavailable);
    }

    /// Whether the value is a number or a percentage and so can be zero.
    private static boolean isNumber(Field amount) {
        return !amount.value().isTextual() || PercentRules.isPercent(amount.value());
    }

    @Override
    protected void checkStatus(Field status, JsonNode old) {
        TemplateRules.checkCounts(
                status,
                List.of(
                        "observedGeneration",
                        "replicas",
                        "updatedReplicas",
                        "readyReplicas",
                        "availableReplicas",
                        "unavailableReplicas",
                        "terminatingReplicas",
                        "collisionCount"),
                List.of("updatedReplicas", "readyReplicas", "availableReplicas"));
        TemplateRules.checkAvailable(status, "readyReplicas");
        TemplateRules.checkCollisions(status, old);
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
