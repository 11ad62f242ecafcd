package io.jubernetes.apiserver.registry.autoscaling;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.validation.InternalForm;
import io.jubernetes.common.codec.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Turns autoscalers of `autoscaling/v1` into those of `autoscaling/v2` and back. The first version knows one
/// metric, the utilization of CPUs; everything else it keeps in annotations.
final class AutoscalerVersions {
    static final String OLD = "autoscaling/v1";
    static final String NEW = "autoscaling/v2";
    private static final String METRICS = "autoscaling.alpha.kubernetes.io/metrics";
    private static final String CURRENT = "autoscaling.alpha.kubernetes.io/current-metrics";
    private static final String CONDITIONS = "autoscaling.alpha.kubernetes.io/conditions";
    private static final String BEHAVIOR = "autoscaling.alpha.kubernetes.io/behavior";

    private AutoscalerVersions() {}

    // ---- to the second version

    static ObjectNode toNew(ObjectNode autoscaler) {
        if (!autoscaler.path("apiVersion").asText("").equals(OLD)) {
            return autoscaler;
        }
        autoscaler.put("apiVersion", NEW);
        Map<String, String> annotations = new LinkedHashMap<>(Meta.annotations(autoscaler));
        ObjectNode spec = Meta.child(autoscaler, "spec");
        ArrayNode metrics = Json.MAPPER.createArrayNode();
        JsonNode cpu = spec.remove("targetCPUUtilizationPercentage");
        if (cpu != null) {
            ObjectNode target = metrics.addObject()
                    .put("type", "Resource")
                    .putObject("resource")
                    .put("name", "cpu")
                    .putObject("target");
            target.put("type", "Utilization").set("averageUtilization", cpu);
        }
        for (JsonNode metric : list(annotations.remove(METRICS))) {
            metrics.add(newMetric(metric));
        }
        if (!metrics.isEmpty()) {
            spec.set("metrics", metrics);
        }
        if (read(annotations.remove(BEHAVIOR)) instanceof ObjectNode behavior) {
            spec.set("behavior", lowered(behavior));
        }
        ObjectNode status = Meta.child(autoscaler, "status");
        ArrayNode current = Json.MAPPER.createArrayNode();
        JsonNode used = status.remove("currentCPUUtilizationPercentage");
        List<JsonNode> others = list(annotations.remove(CURRENT));
        if (others.isEmpty() && used != null) {
            current.addObject()
                    .put("type", "Resource")
                    .putObject("resource")
                    .put("name", "cpu")
                    .putObject("current")
                    .set("averageUtilization", used);
        }
        for (JsonNode metric : others) {
            current.add(newStatus(metric, used));
        }
        if (current.isEmpty()) {
            status.putNull("currentMetrics");
        } else {
            status.set("currentMetrics", current);
        }
        if (status.path("currentReplicas").asLong(0) == 0) {
            status.remove("currentReplicas");
        }
        List<JsonNode> conditions = list(annotations.remove(CONDITIONS));
        if (!conditions.isEmpty()) {
            status.set("conditions", Json.tree(conditions));
        }
        setAnnotations(autoscaler, annotations);
        return autoscaler;
    }

    private static void setAnnotations(ObjectNode autoscaler, Map<String, String> annotations) {
        if (annotations.isEmpty()) {
            Meta.of(autoscaler).remove("annotations");
        } else {
            Meta.of(autoscaler).set("annotations", Json.tree(annotations));
        }
    }

    private static JsonNode read(@org.jspecify.annotations.Nullable String text) {
        try {
            return text == null
                    ? Json.object().path("none")
                    : Json.read(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        } catch (IOException e) {
            // What does not read is dropped, as everything is that a first version cannot say.
            return Json.object().path("none");
        }
    }

    private static List<JsonNode> list(@org.jspecify.annotations.Nullable String text) {
        List<JsonNode> items = new ArrayList<>();
        read(text).forEach(items::add);
        return items;
    }

    private static JsonNode newMetric(JsonNode metric) {
        String field = field(metric);
        JsonNode source = metric.path(field);
        ObjectNode result = Json.object().put("type", metric.path("type").asText(""));
        ObjectNode to = result.putObject(field);
        ObjectNode target = Json.object();
        switch (field) {
            case "resource", "containerResource" -> {
                copy(source, "name", to, "name");
                copy(source, "container", to, "container");
                boolean utilization = source.has("targetAverageUtilization");
                target.put("type", utilization ? "Utilization" : "AverageValue");
                copy(source, "targetAverageUtilization", target, "averageUtilization");
                copy(source, "targetAverageValue", target, "averageValue");
            }
            case "pods" -> {
                identify(source, to);
                target.put("type", "AverageValue");
                copy(source, "targetAverageValue", target, "averageValue");
            }
            case "object" -> {
                copy(source, "target", to, "describedObject");
                identify(source, to);
                amounts(source, "averageValue", target);
            }
            default -> {
                identify(source, to);
                amounts(source, "targetAverageValue", target);
            }
        }
        to.set("target", target);
        return result;
    }

    /// A target by an average, when there is one, or by a value.
    private static void amounts(JsonNode source, String average, ObjectNode target) {
        if (source.hasNonNull(average)) {
            target.put("type", "AverageValue");
            target.set("averageValue", source.get(average));
        } else {
            target.put("type", "Value");
            copy(source, "targetValue", target, "value");
        }
    }

    private static void identify(JsonNode source, ObjectNode to) {
        ObjectNode metric = to.putObject("metric");
        copy(source, "metricName", metric, "name");
        copy(source, "selector", metric, "selector");
        copy(source, "metricSelector", metric, "selector");
    }

    private static JsonNode newStatus(JsonNode metric, @org.jspecify.annotations.Nullable JsonNode used) {
        String field = field(metric);
        JsonNode source = metric.path(field);
        ObjectNode result = Json.object().put("type", metric.path("type").asText(""));
        ObjectNode to = result.putObject(field);
        ObjectNode current = Json.object();
        switch (field) {
            case "resource", "containerResource" -> {
                copy(source, "name", to, "name");
                copy(source, "container", to, "container");
                copy(source, "currentAverageUtilization", current, "averageUtilization");
                if (used != null && source.path("name").asText("").equals("cpu") && field.equals("resource")) {
                    current.set("averageUtilization", used);
                }
                nonZero(source, "currentAverageValue", current, "averageValue");
            }
            case "pods" -> {
                identify(source, to);
                copy(source, "currentAverageValue", current, "averageValue");
            }
            case "object" -> {
                copy(source, "target", to, "describedObject");
                identify(source, to);
                copy(source, "currentValue", current, "value");
                copy(source, "averageValue", current, "averageValue");
            }
            default -> {
                identify(source, to);
                nonZero(source, "currentValue", current, "value");
                copy(source, "currentAverageValue", current, "averageValue");
            }
        }
        to.set("current", current);
        return result;
    }

    private static String field(JsonNode metric) {
        return switch (metric.path("type").asText("")) {
            case "Resource" -> "resource";
            case "ContainerResource" -> "containerResource";
            case "Pods" -> "pods";
            case "Object" -> "object";
            default -> "external";
        };
    }

    private static void copy(JsonNode from, String name, ObjectNode to, String as) {
        if (from.hasNonNull(name)) {
            to.set(as, from.get(name).deepCopy());
        }
    }

    private static void nonZero(JsonNode from, String name, ObjectNode to, String as) {
        if (!from.path(name).asText("0").equals("0")) {
            copy(from, name, to, as);
        }
    }

    /// A behavior by the names of the API instead of the internal ones.
    private static JsonNode lowered(JsonNode value) {
        if (value.isArray()) {
            ArrayNode list = Json.MAPPER.createArrayNode();
            value.forEach(item -> list.add(lowered(item)));
            return list;
        }
        if (!value.isObject()) {
            return value;
        }
        ObjectNode result = Json.object();
        value.properties().forEach(entry -> {
            if (!entry.getValue().isNull()) {
                String name = entry.getKey();
                result.set(Character.toLowerCase(name.charAt(0)) + name.substring(1), lowered(entry.getValue()));
            }
        });
        return result;
    }

    // ---- to the first version

    static ObjectNode toOld(ObjectNode autoscaler) {
        if (!autoscaler.path("apiVersion").asText("").equals(NEW)) {
            return autoscaler;
        }
        autoscaler.put("apiVersion", OLD);
        Map<String, String> annotations = new java.util.TreeMap<>(Meta.annotations(autoscaler));
        ObjectNode spec = Meta.child(autoscaler, "spec");
        ArrayNode others = Json.MAPPER.createArrayNode();
        JsonNode metrics = spec.remove("metrics");
        for (JsonNode metric : metrics == null ? Json.MAPPER.createArrayNode() : metrics) {
            JsonNode target = metric.path("resource").path("target");
            boolean cpu = metric.path("type").asText("").equals("Resource")
                    && metric.path("resource").path("name").asText("").equals("cpu")
                    && target.hasNonNull("averageUtilization");
            if (cpu) {
                spec.set("targetCPUUtilizationPercentage", target.get("averageUtilization"));
            } else {
                others.add(oldMetric(metric));
            }
        }
        put(annotations, METRICS, others);
        JsonNode behavior = spec.remove("behavior");
        if (behavior != null) {
            annotations.put(
                    BEHAVIOR,
                    InternalForm.of("autoscaling.v2.HorizontalPodAutoscalerBehavior", behavior)
                            .toString());
        }
        oldStatus(Meta.child(autoscaler, "status"), annotations);
        setAnnotations(autoscaler, annotations);
        return autoscaler;
    }

    private static void put(Map<String, String> annotations, String key, ArrayNode list) {
        if (!list.isEmpty()) {
            annotations.put(key, list.toString());
        }
    }

    private static void oldStatus(ObjectNode status, Map<String, String> annotations) {
        ArrayNode current = Json.MAPPER.createArrayNode();
        JsonNode metrics = status.remove("currentMetrics");
        for (JsonNode metric : metrics == null || metrics.isNull() ? Json.MAPPER.createArrayNode() : metrics) {
            JsonNode used = metric.path("resource").path("current").path("averageUtilization");
            if (metric.path("type").asText("").equals("Resource")
                    && metric.path("resource").path("name").asText("").equals("cpu")
                    && used.isNumber()) {
                status.set("currentCPUUtilizationPercentage", used);
            }
            current.add(oldCurrent(metric));
        }
        put(annotations, CURRENT, current);
        if (status.remove("conditions") instanceof ArrayNode conditions) {
            ArrayNode shown = Json.MAPPER.createArrayNode();
            for (JsonNode condition : conditions) {
                ObjectNode copy = Json.object();
                for (String field : List.of("type", "status", "lastTransitionTime", "reason", "message")) {
                    if (condition.has(field)) {
                        copy.set(field, condition.get(field));
                    }
                }
                shown.add(copy);
            }
            put(annotations, CONDITIONS, shown);
        }
        Meta.defaultTo(status, "currentReplicas", 0);
        Meta.defaultTo(status, "desiredReplicas", 0);
    }

    private static JsonNode oldMetric(JsonNode metric) {
        String field = field(metric);
        JsonNode source = metric.path(field);
        JsonNode target = source.path("target");
        ObjectNode result = Json.object().put("type", metric.path("type").asText(""));
        ObjectNode to = result.putObject(field);
        switch (field) {
            case "resource", "containerResource" -> {
                copy(source, "name", to, "name");
                copy(target, "averageUtilization", to, "targetAverageUtilization");
                copy(target, "averageValue", to, "targetAverageValue");
                copy(source, "container", to, "container");
            }
            case "pods" -> {
                copy(source.path("metric"), "name", to, "metricName");
                to.put("targetAverageValue", target.path("averageValue").asText("0"));
                copy(source.path("metric"), "selector", to, "selector");
            }
            case "object" -> {
                to.set(
                        "target",
                        InternalForm.declared(
                                "autoscaling.v2.CrossVersionObjectReference", source.path("describedObject")));
                copy(source.path("metric"), "name", to, "metricName");
                to.put("targetValue", target.path("value").asText("0"));
                copy(source.path("metric"), "selector", to, "selector");
                copy(target, "averageValue", to, "averageValue");
            }
            default -> {
                copy(source.path("metric"), "name", to, "metricName");
                copy(source.path("metric"), "selector", to, "metricSelector");
                copy(target, "value", to, "targetValue");
                copy(target, "averageValue", to, "targetAverageValue");
            }
        }
        return result;
    }

    private static JsonNode oldCurrent(JsonNode metric) {
        String field = field(metric);
        JsonNode source = metric.path(field);
        JsonNode current = source.path("current");
        ObjectNode result = Json.object().put("type", metric.path("type").asText(""));
        ObjectNode to = result.putObject(field);
        switch (field) {
            case "resource", "containerResource" -> {
                copy(source, "name", to, "name");
                copy(current, "averageUtilization", to, "currentAverageUtilization");
                to.put("currentAverageValue", current.path("averageValue").asText("0"));
                copy(source, "container", to, "container");
            }
            case "pods" -> {
                copy(source.path("metric"), "name", to, "metricName");
                to.put("currentAverageValue", current.path("averageValue").asText("0"));
                copy(source.path("metric"), "selector", to, "selector");
            }
            case "object" -> {
                to.set(
                        "target",
                        InternalForm.declared(
                                "autoscaling.v2.CrossVersionObjectReference", source.path("describedObject")));
                copy(source.path("metric"), "name", to, "metricName");
                to.put("currentValue", current.path("value").asText("0"));
                copy(source.path("metric"), "selector", to, "selector");
                copy(current, "averageValue", to, "averageValue");
            }
            default -> {
                copy(source.path("metric"), "name", to, "metricName");
                copy(source.path("metric"), "selector", to, "metricSelector");
                to.put("currentValue", current.path("value").asText("0"));
                copy(current, "averageValue", to, "currentAverageValue");
            }
        }
        return result;
    }
}
