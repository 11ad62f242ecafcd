package io.jubernetes.apiserver.registry.core;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.CheckedStrategy;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.QuantityRules;
import io.jubernetes.common.meta.NameRules;
import io.jubernetes.common.meta.Quantity;
import java.math.MathContext;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/// Limit ranges.
public final class LimitRangeStrategy extends CheckedStrategy {
    private static final Set<String> TYPES = Set.of("Pod", "Container", "PersistentVolumeClaim");
    private static final String NOT_FOR_PODS = "may not be specified when `type` is 'Pod'";

    @Override
    public boolean createsOnUpdate() {
        return true;
    }

    @Override
    public void applyDefaults(ObjectNode range) {
        for (ObjectNode limit : Meta.items(range.path("spec"), "limits")) {
            if (limit.path("type").asText("").equals("Container")) {
                fill(limit, "default", "max");
                fill(limit, "defaultRequest", "default");
                fill(limit, "defaultRequest", "min");
            }
        }
    }

    private static void fill(ObjectNode limit, String field, String from) {
        for (var entry : limit.path(from).properties()) {
            ObjectNode amounts = Meta.child(limit, field);
            if (!amounts.has(entry.getKey())) {
                amounts.set(entry.getKey(), entry.getValue());
            }
        }
    }

    @Override
    protected void check(Field range) {
        Set<String> types = new HashSet<>();
        for (Field limit : range.get("spec").get("limits").items()) {
            Field type = limit.get("type");
            List<String> problems = NameRules.qualifiedName(type.text());
            type.invalid(problems);
            if (problems.isEmpty() && !type.text().contains("/") && !TYPES.contains(type.text())) {
                type.invalid("must be a standard limit type or fully qualified");
            }
            if (!types.add(type.text())) {
                type.duplicate(type.text());
            }
            checkNames(limit);
            Set<String> resources = new TreeSet<>();
            for (String list : List.of("max", "min", "default", "defaultRequest", "maxLimitRequestRatio")) {
                resources.addAll(limit.get(list).entries().keySet());
            }
            resources.forEach(resource -> checkAmounts(limit, resource));
        }
    }

    private static void checkNames(Field limit) {
        String type = limit.get("type").text();
        checkNames(limit, "max", type);
        checkNames(limit, "min", type);
        for (String list : List.of("default", "defaultRequest")) {
            if (!type.equals("Pod")) {
                checkNames(limit, list, type);
            } else if (!limit.get(list).isEmpty()) {
                limit.get(list).forbidden(NOT_FOR_PODS);
            }
        }
        if (type.equals("PersistentVolumeClaim")
                && !limit.get("min").get("storage").isSet()
                && !limit.get("max").get("storage").isSet()) {
            limit.get("limits")
                    .required("either minimum or maximum storage value is required, but neither was provided");
        }
        checkNames(limit, "maxLimitRequestRatio", type);
    }

    private static void checkNames(Field limit, String list, String type) {
        limit.get(list).entries().forEach((resource, amount) -> {
            if (type.equals("Pod") || type.equals("Container")) {
                QuantityRules.checkContainerName(amount, resource);
            } else {
                QuantityRules.checkName(amount, resource);
            }
        });
    }

    private static void checkAmounts(Field limit, String resource) {
        Amount min = Amount.of(limit, "min", resource);
        Amount max = Amount.of(limit, "max", resource);
        Amount preset = Amount.of(limit, "default", resource);
        Amount request = Amount.of(limit, "defaultRequest", resource);
        Amount ratio = Amount.of(limit, "maxLimitRequestRatio", resource);
        if (min.above(max)) {
            min.field().invalid(min.text(), "min value " + min + " is greater than max value " + max);
        }
        if (min.above(request)) {
            request.field()
                    .invalid(request.text(), "min value " + min + " is greater than default request value " + request);
        }
        if (request.above(max)) {
            request.field()
                    .invalid(request.text(), "default request value " + request + " is greater than max value " + max);
        }
        if (request.above(preset)) {
            request.field()
                    .invalid(
                            request.text(),
                            "default request value " + request + " is greater than default limit value " + preset);
        }
        if (min.above(preset)) {
            preset.field().invalid(min.text(), "min value " + min + " is greater than default value " + preset);
        }
        if (preset.above(max)) {
            preset.field().invalid(max.text(), "default value " + preset + " is greater than max value " + max);
        }
        checkRatio(ratio, min, max);
        if (!QuantityRules.isOvercommitAllowed(resource)
                && preset.isSet()
                && request.isSet()
                && preset.value().compareTo(request.value()) != 0) {
            request.field()
                    .invalid(
                            request.text(),
                            "default value " + preset + " must equal to defaultRequest value " + request + " in "
                                    + resource);
        }
    }

    private static void checkRatio(Amount ratio, Amount min, Amount max) {
        if (!ratio.isSet()) {
            return;
        }
        if (ratio.value().compareTo(Quantity.of(1)) < 0) {
            ratio.field().invalid(ratio.text(), "ratio " + ratio + " is less than 1");
        }
        if (min.isSet() && max.isSet() && min.value().signum() > 0) {
            var most = max.value().value().divide(min.value().value(), MathContext.DECIMAL64);
            if (ratio.value().value().compareTo(most) > 0) {
                ratio.field()
                        .invalid(
                                ratio.text(),
                                "ratio " + ratio + " is greater than max/min = "
                                        + String.format(Locale.ROOT, "%f", most.doubleValue()));
            }
        }
    }

    /// One amount of a limit, which may be absent.
    private record Amount(Field field, boolean isSet, Quantity value) {
        static Amount of(Field limit, String list, String resource) {
            Field field = limit.get(list).key(resource);
            return new Amount(field, field.isSet(), QuantityRules.amount(field));
        }

        boolean above(Amount other) {
            return isSet && other.isSet && value.compareTo(other.value) > 0;
        }

        String text() {
            return value.toString();
        }

        @Override
        public String toString() {
            return value.toString();
        }
    }
}
