package io.jubernetes.apiserver.registry.apps;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.registry.TemplateColumns;
import io.jubernetes.apiserver.registry.TemplateRules;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.InternalForm;
import io.jubernetes.apiserver.validation.LabelSelectorRules;
import io.jubernetes.apiserver.validation.PercentRules;
import java.util.List;

/// Daemon sets.
public final class DaemonSetStrategy extends WorkloadStrategy {
    /// Counts changes of the template; the first versions of the kind had a field for it.
    private static final String TEMPLATE_GENERATION = "deprecated.daemonset.template.generation";

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
            .wide("Containers", d -> TemplateColumns.containers(d.path("spec").path("template")))
            .wide("Images", d -> TemplateColumns.images(d.path("spec").path("template")))
            .wide("Selector", d -> TemplateColumns.selector(d.path("spec").path("selector")));

    @Override
    protected void applySpecDefaults(ObjectNode spec) {
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
    public void applyDefaults(ObjectNode set) {
        super.applyDefaults(set);
        if (!Meta.annotations(set).containsKey(TEMPLATE_GENERATION)) {
            putTemplateGeneration(set, 0);
        }
    }

    private static void putTemplateGeneration(ObjectNode set, long generation) {
        Meta.child(Meta.of(set), "annotations").put(TEMPLATE_GENERATION, Long.toString(generation));
    }

    @Override
    public void prepareForUpdate(ObjectNode set, ObjectNode old) {
        super.prepareForUpdate(set, old);
        long generation = 0;
        try {
            generation = Long.parseLong(Meta.annotations(old).getOrDefault(TEMPLATE_GENERATION, "0"));
        } catch (NumberFormatException e) {
            // Whatever stood there is replaced by a count that begins again.
            generation = 0;
        }
        boolean changed =
                !Meta.same(set.path("spec").path("template"), old.path("spec").path("template"));
        putTemplateGeneration(set, changed ? generation + 1 : generation);
    }

    @Override
    public void prepareForCreate(ObjectNode set) {
        putTemplateGeneration(set, 1);
        set.putObject("status")
                .put("currentNumberScheduled", 0)
                .put("numberMisscheduled", 0)
                .put("desiredNumberScheduled", 0)
                .put("numberReady", 0);
    }

    @Override
    protected void check(Field spec, JsonNode old) {
        Field selector = spec.get("selector");
        Field template = spec.get("template");
        if (LabelSelectorRules.check(selector)) {
            TemplateRules.checkLabels(selector, template);
        }
        if (selector.isSet() && LabelSelectorRules.selectsAll(selector.value())) {
            selector.invalid(TemplateRules.shown(selector.value()), "empty selector is invalid for daemonset");
        }
        TemplateRules.checkReplicated(template, old.path("template"), 2, "DaemonSet");
        spec.get("minReadySeconds").requireNonNegative();
        checkStrategy(spec.get("updateStrategy"));
        spec.get("revisionHistoryLimit").requireNonNegative();
    }

    private static void checkStrategy(Field strategy) {
        switch (strategy.get("type").text()) {
            case "OnDelete" -> {}
            case "RollingUpdate" -> {
                Field unavailable = strategy.get("rollingUpdate").get("maxUnavailable");
                Field surge = strategy.get("rollingUpdate").get("maxSurge");
                PercentRules.checkNonNegative(unavailable);
                PercentRules.checkNonNegative(surge);
                PercentRules.checkAtMostAll(unavailable);
                PercentRules.checkAtMostAll(surge);
                boolean some = PercentRules.number(unavailable.value()) != 0;
                boolean more = PercentRules.number(surge.value()) != 0;
                if (some && more) {
                    surge.invalid("may not be set when maxUnavailable is non-zero");
                } else if (!some && !more) {
                    unavailable.required("cannot be 0 when maxSurge is 0");
                }
            }
            default ->
                strategy.report(Cause.notSupported(
                        strategy.path(),
                        InternalForm.of("apps.v1.DaemonSetUpdateStrategy", strategy.value()),
                        List.of("RollingUpdate", "OnDelete")));
        }
    }

    @Override
    protected void checkStatus(Field status, JsonNode old) {
        for (String count : List.of(
                "currentNumberScheduled",
                "numberMisscheduled",
                "desiredNumberScheduled",
                "numberReady",
                "observedGeneration",
                "updatedNumberScheduled",
                "numberAvailable",
                "numberUnavailable",
                "collisionCount")) {
            status.get(count).requireNonNegative();
        }
        TemplateRules.checkCollisions(status, old);
    }

    @Override
    public Table table() {
        return TABLE;
    }
}
