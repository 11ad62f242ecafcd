package io.jubernetes.apiserver.registry.autoscaling;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.registry.StatusStrategy;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import java.util.ArrayList;
import java.util.List;

/// Horizontal pod autoscalers, of both versions; stored as those of the second.
public final class HorizontalPodAutoscalerStrategy extends StatusStrategy {
    private static final int DEFAULT_UTILIZATION = 80;
    private static final int SHOWN_METRICS = 2;

    private static final Table TABLE = Columns.named()
            .text("Reference", autoscaler -> {
                JsonNode target = autoscaler.path("spec").path("scaleTargetRef");
                return target.path("kind").asText("") + "/"
                        + target.path("name").asText("");
            })
            .text("Targets", HorizontalPodAutoscalerStrategy::targets)
            .text(
                    "MinPods",
                    autoscaler -> autoscaler.path("spec").path("minReplicas").asText("<unset>"))
            .number(
                    "MaxPods",
                    autoscaler -> autoscaler.path("spec").path("maxReplicas").asLong(0))
            .number(
                    "Replicas",
                    autoscaler ->
                            autoscaler.path("status").path("currentReplicas").asLong(0))
            .age();

    @Override
    public void applyDefaults(ObjectNode autoscaler) {
        ObjectNode spec = Meta.child(autoscaler, "spec");
        Meta.defaultTo(spec, "minReplicas", 1);
        if (autoscaler.path("apiVersion").asText("").equals(AutoscalerVersions.OLD)) {
            // A first version with other metrics in its annotations needs none of its own.
            boolean others = Meta.annotations(autoscaler).containsKey("autoscaling.alpha.kubernetes.io/metrics");
            if (!others) {
                Meta.defaultTo(spec, "targetCPUUtilizationPercentage", DEFAULT_UTILIZATION);
            }
            return;
        }
        if (spec.path("metrics").isEmpty()) {
            ObjectNode target = spec.putArray("metrics")
                    .addObject()
                    .put("type", "Resource")
                    .putObject("resource")
                    .put("name", "cpu")
                    .putObject("target");
            target.put("type", "Utilization").put("averageUtilization", DEFAULT_UTILIZATION);
        }
        if (spec.get("behavior") instanceof ObjectNode behavior) {
            ObjectNode up = Meta.child(behavior, "scaleUp");
            ObjectNode down = Meta.child(behavior, "scaleDown");
            Meta.defaultTo(up, "stabilizationWindowSeconds", 0);
            defaultPolicies(up, true);
            defaultPolicies(down, false);
        }
    }

    private static void defaultPolicies(ObjectNode rules, boolean pods) {
        Meta.defaultTo(rules, "selectPolicy", "Max");
        if (rules.has("policies")) {
            return;
        }
        ArrayNode policies = rules.putArray("policies");
        if (pods) {
            policies.addObject().put("type", "Pods").put("value", 4).put("periodSeconds", 15);
        }
        policies.addObject().put("type", "Percent").put("value", 100).put("periodSeconds", 15);
    }

    @Override
    public ObjectNode toStorage(ObjectNode autoscaler) {
        return AutoscalerVersions.toNew(autoscaler);
    }

    @Override
    public ObjectNode fromStorage(ObjectNode autoscaler, String apiVersion) {
        return apiVersion.equals(AutoscalerVersions.OLD) ? AutoscalerVersions.toOld(autoscaler) : autoscaler;
    }

    @Override
    public void prepareForCreate(ObjectNode autoscaler) {
        autoscaler.putObject("status").put("desiredReplicas", 0).putNull("currentMetrics");
    }

    @Override
    public List<Cause> validate(ObjectNode autoscaler) {
        Field root = Field.root(autoscaler);
        AutoscalerRules.check(root.get("spec"));
        return root.causes();
    }

    @Override
    public List<Cause> validateStatusUpdate(ObjectNode autoscaler, ObjectNode old) {
        Field status = Field.root(autoscaler).get("status");
        status.get("currentReplicas").requireNonNegative();
        status.get("desiredReplicas").requireNonNegative();
        return status.causes();
    }

    private static String targets(JsonNode autoscaler) {
        JsonNode spec = autoscaler.path("spec");
        JsonNode status = autoscaler.path("status");
        JsonNode metrics = spec.path("metrics");
        if (metrics.isEmpty()) {
            return "<none>";
        }
        List<String> shown = new ArrayList<>();
        int index = 0;
        for (JsonNode metric : metrics) {
            if (shown.size() < SHOWN_METRICS) {
                shown.add(target(metric, status.path("currentMetrics").path(index)));
            }
            index++;
        }
        String text = String.join(", ", shown);
        int more = metrics.size() - shown.size();
        return more > 0 ? text + " + " + more + " more..." : text;
    }

    private static String target(JsonNode metric, JsonNode current) {
        String unknown = "<unknown>";
        return switch (metric.path("type").asText("")) {
            case "Resource" -> resource("resource", metric, current, "");
            case "ContainerResource" -> resource("containerResource", metric, current, "");
            case "Pods" ->
                current.path("pods").path("current").path("averageValue").asText(unknown) + "/"
                        + metric.path("pods")
                                .path("target")
                                .path("averageValue")
                                .asText("0");
            case "Object" -> amount(metric.path("object"), current.path("object"));
            case "External" -> amount(metric.path("external"), current.path("external"));
            default -> "<unknown type>";
        };
    }

    private static String resource(String field, JsonNode metric, JsonNode current, String none) {
        JsonNode source = metric.path(field);
        JsonNode target = source.path("target");
        JsonNode now = current.path(field).path("current");
        String name = source.path("name").asText(none);
        if (target.hasNonNull("averageValue")) {
            return name + ": " + now.path("averageValue").asText("<unknown>") + "/"
                    + target.path("averageValue").asText("");
        }
        String used = now.hasNonNull("averageUtilization")
                ? now.path("averageUtilization").asText("") + "%"
                : "<unknown>";
        String wanted = target.hasNonNull("averageUtilization")
                ? target.path("averageUtilization").asText("") + "%"
                : "<auto>";
        return name + ": " + used + "/" + wanted;
    }

    private static String amount(JsonNode source, JsonNode current) {
        JsonNode target = source.path("target");
        JsonNode now = current.path("current");
        if (target.hasNonNull("averageValue")) {
            return now.path("averageValue").asText("<unknown>") + "/"
                    + target.path("averageValue").asText("") + " (avg)";
        }
        return now.path("value").asText("<unknown>") + "/"
                + target.path("value").asText("0");
    }

    @Override
    public Table table() {
        return TABLE;
    }
}
