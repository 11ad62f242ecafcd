package io.jubernetes.apiserver.registry.autoscaling;

import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.QuantityRules;
import io.jubernetes.common.meta.NameRules;
import java.util.List;

/// What must hold for an autoscaler's specification: its bounds, its target, its metrics and its behavior.
final class AutoscalerRules {
    private static final List<String> TYPES = List.of("ContainerResource", "External", "Object", "Pods", "Resource");
    private static final List<String> SOURCES = List.of("object", "external", "pods", "resource", "containerResource");
    private static final int MAX_WINDOW = 3600;
    private static final int MAX_PERIOD = 1800;

    private AutoscalerRules() {}

    static void check(Field spec) {
        Field least = spec.get("minReplicas");
        Field most = spec.get("maxReplicas");
        least.requireAtLeast(1);
        if (most.number() == 0) {
            most.required("must be set and greater than 0");
        } else {
            most.requireAtLeast(1);
        }
        if (least.isSet() && most.number() < least.number()) {
            most.invalid(most.number(), "must be greater than or equal to `minReplicas`");
        }
        Field target = spec.get("scaleTargetRef");
        checkReference(target);
        checkGroup(target.get("apiVersion"), target.get("kind").text());
        checkMetrics(spec.get("metrics"), least);
        Field behavior = spec.get("behavior");
        checkRules(behavior.get("scaleUp"));
        checkRules(behavior.get("scaleDown"));
    }

    private static void checkReference(Field reference) {
        for (String field : List.of("kind", "name")) {
            if (reference.get(field).requireValue()) {
                reference.get(field).requireForm(NameRules::pathSegment);
            }
        }
    }

    private static void checkGroup(Field version, String kind) {
        String text = version.text();
        long slashes = text.chars().filter(c -> c == '/').count();
        if (slashes > 1) {
            version.invalid(text, "unexpected GroupVersion string: " + text);
        } else if (slashes == 0 && !(kind.equals("ReplicationController") && text.equals("v1"))) {
            version.invalid(text, "apiVersion must specify API group");
        }
    }

    private static void checkMetrics(Field metrics, Field least) {
        boolean elsewhere = false;
        for (Field metric : metrics.items()) {
            checkMetric(metric);
            String type = metric.get("type").text();
            elsewhere |= type.equals("Object") || type.equals("External");
        }
        if (least.isSet() && least.number() == 0 && !elsewhere) {
            metrics.forbidden(
                    "must specify at least one Object or External metric to support scaling to zero replicas");
        }
    }

    private static void checkMetric(Field metric) {
        Field type = metric.get("type");
        if (type.isEmpty()) {
            type.required("must specify a metric source type");
        }
        type.requireListed(TYPES);
        String first = "";
        for (String source : SOURCES) {
            if (metric.get(source).isSet() && first.isEmpty()) {
                first = source;
                checkSource(source, metric.get(source));
            }
        }
        if (!TYPES.contains(type.text())) {
            type.requireListed(TYPES);
            return;
        }
        String expected =
                Character.toLowerCase(type.text().charAt(0)) + type.text().substring(1);
        if (!metric.get(expected).isSet()) {
            metric.get(expected).required("must populate information for the given metric source");
        }
        for (String source : SOURCES) {
            if (!source.equals(expected) && metric.get(source).isSet()) {
                metric.get(source).forbidden("must populate the given metric source only");
            }
        }
    }

    private static void checkSource(String kind, Field source) {
        Field target = source.get("target");
        switch (kind) {
            case "object" -> {
                checkReference(source.get("describedObject"));
                checkMetricName(source.get("metric"));
                checkTarget(target);
                if (!target.get("value").isSet() && !target.get("averageValue").isSet()) {
                    target.get("averageValue")
                            .required("must set either a target value for metric or a per-pod target");
                }
            }
            case "external" -> {
                checkMetricName(source.get("metric"));
                checkTarget(target);
                boolean value = target.get("value").isSet();
                boolean average = target.get("averageValue").isSet();
                if (!value && !average) {
                    target.get("averageValue")
                            .required("must set either a target value for metric or a per-pod target");
                }
                if (value && average) {
                    target.get("value").forbidden("may not set both a target value for metric and a per-pod target");
                }
            }
            case "pods" -> {
                checkMetricName(source.get("metric"));
                checkTarget(target);
                Field average = target.get("averageValue");
                if (!average.isSet() || QuantityRules.amount(average).signum() <= 0) {
                    average.required("must specify a positive target averageValue");
                }
            }
            default -> {
                if (kind.equals("containerResource") && source.get("container").isEmpty()) {
                    source.get("container").required("must specify a container");
                }
                checkResource(source, target);
            }
        }
    }

    private static void checkResource(Field source, Field target) {
        if (source.get("name").isEmpty()) {
            source.get("name").required("must specify a resource name");
        }
        checkTarget(target);
        boolean utilization = target.get("averageUtilization").isSet();
        boolean average = target.get("averageValue").isSet();
        if (!utilization && !average) {
            target.get("averageUtilization").required("must set either a target raw value or a target utilization");
        }
        if (utilization && average) {
            target.get("averageValue").forbidden("may not set both a target raw value and a target utilization");
        }
    }

    private static void checkMetricName(Field metric) {
        Field name = metric.get("name");
        if (name.isEmpty()) {
            name.required("must specify a metric name");
        } else {
            name.requireForm(NameRules::pathSegment);
        }
    }

    private static void checkTarget(Field target) {
        Field type = target.get("type");
        if (type.isEmpty()) {
            type.required("must specify a metric target type");
        } else if (!List.of("Utilization", "Value", "AverageValue").contains(type.text())) {
            type.invalid("must be either Utilization, Value, or AverageValue");
        }
        for (String amount : List.of("value", "averageValue")) {
            Field field = target.get(amount);
            if (field.isSet() && QuantityRules.amount(field).signum() <= 0) {
                field.invalid("must be positive");
            }
        }
        Field utilization = target.get("averageUtilization");
        if (utilization.isSet() && utilization.number() < 1) {
            utilization.invalid("must be greater than 0");
        }
    }

    private static void checkRules(Field rules) {
        if (!rules.isSet()) {
            return;
        }
        Field window = rules.get("stabilizationWindowSeconds");
        window.requireNonNegative();
        if (window.number() > MAX_WINDOW) {
            window.invalid("must be less than or equal to " + MAX_WINDOW);
        }
        Field select = rules.get("selectPolicy");
        if (select.isSet()) {
            select.requireListed(List.of("Disabled", "Max", "Min"));
        }
        Field tolerance = rules.get("tolerance");
        if (tolerance.isSet()) {
            QuantityRules.checkNonNegative(tolerance);
        }
        Field policies = rules.get("policies");
        if (policies.isEmpty()) {
            policies.required("must specify at least one Policy");
        }
        for (Field policy : policies.items()) {
            policy.get("type").requireListed(List.of("Percent", "Pods"));
            Field value = policy.get("value");
            if (value.number() <= 0) {
                value.invalid(value.number(), "must be greater than zero");
            }
            Field period = policy.get("periodSeconds");
            if (period.number() <= 0) {
                period.invalid(period.number(), "must be greater than zero");
            }
            if (period.number() > MAX_PERIOD) {
                period.invalid("must be less than or equal to " + MAX_PERIOD);
            }
        }
    }
}
