package io.jubernetes.apiserver.registry.core.podspec;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.validation.QuantityRules;
import io.jubernetes.common.meta.Quantity;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// What a pod's containers come to together, and the quality of service this gives the pod.
public final class PodResources {
    private static final List<String> COMPUTE = List.of("cpu", "memory");

    private PodResources() {}

    /// Whether the resource can be asked for by the pod as a whole.
    static boolean isPodLevel(String resource) {
        return COMPUTE.contains(resource) || QuantityRules.isHugePages(resource);
    }

    /// The sum of the containers' requests: regular and sidecar containers run together, init containers before
    /// them one by one, each beside the sidecars started so far.
    public static Map<String, Quantity> containerRequests(JsonNode spec) {
        return together(spec, "requests");
    }

    /// The sum of the containers' limits, counted like their requests.
    public static Map<String, Quantity> containerLimits(JsonNode spec) {
        return together(spec, "limits");
    }

    private static Map<String, Quantity> together(JsonNode spec, String part) {
        Map<String, Quantity> sum = new TreeMap<>();
        spec.path("containers").forEach(container -> add(sum, amounts(container, part)));
        Map<String, Quantity> sidecars = new TreeMap<>();
        Map<String, Quantity> starting = new TreeMap<>();
        for (JsonNode container : spec.path("initContainers")) {
            Map<String, Quantity> own = amounts(container, part);
            if (container.path("restartPolicy").asText("").equals("Always")) {
                add(sum, own);
                add(sidecars, own);
                own = new TreeMap<>(sidecars);
            } else {
                own = new TreeMap<>(own);
                add(own, sidecars);
            }
            own.forEach((name, amount) -> starting.merge(name, amount, PodResources::larger));
        }
        starting.forEach((name, amount) -> sum.merge(name, amount, PodResources::larger));
        return sum;
    }

    private static Quantity larger(Quantity one, Quantity other) {
        return one.compareTo(other) >= 0 ? one : other;
    }

    private static void add(Map<String, Quantity> sum, Map<String, Quantity> amounts) {
        amounts.forEach((name, amount) -> sum.merge(name, amount, Quantity::plus));
    }

    private static Map<String, Quantity> amounts(JsonNode container, String part) {
        Map<String, Quantity> amounts = new TreeMap<>();
        container
                .path("resources")
                .path(part)
                .properties()
                .forEach(entry -> amounts.put(
                        entry.getKey(),
                        Quantity.tryParse(entry.getValue().asText("")).orElse(Quantity.ZERO)));
        return amounts;
    }

    /// The quality of service class: by the requirements of the pod as a whole when it has such, else by those of its
    /// containers.
    public static String qosClass(JsonNode spec) {
        JsonNode pod = spec.path("resources");
        if (!pod.path("requests").isEmpty() || !pod.path("limits").isEmpty()) {
            return qosClass(List.of(pod));
        }
        List<JsonNode> all = new java.util.ArrayList<>();
        spec.path("containers").forEach(container -> all.add(container.path("resources")));
        spec.path("initContainers").forEach(container -> all.add(container.path("resources")));
        return qosClass(all);
    }

    private static String qosClass(List<JsonNode> requirements) {
        boolean guaranteed = true;
        Map<String, Quantity> requests = new TreeMap<>();
        Map<String, Quantity> limits = new TreeMap<>();
        for (JsonNode resources : requirements) {
            Set<String> limited = new TreeSet<>();
            for (String name : COMPUTE) {
                Quantity request = quantity(resources.path("requests").path(name));
                Quantity limit = quantity(resources.path("limits").path(name));
                if (request.signum() > 0) {
                    requests.merge(name, request, Quantity::plus);
                }
                if (limit.signum() > 0) {
                    limited.add(name);
                    limits.merge(name, limit, Quantity::plus);
                }
            }
            guaranteed &= limited.containsAll(COMPUTE);
        }
        if (requests.isEmpty() && limits.isEmpty()) {
            return "BestEffort";
        }
        return guaranteed && requests.equals(limits) ? "Guaranteed" : "Burstable";
    }

    private static Quantity quantity(JsonNode amount) {
        return Quantity.tryParse(amount.asText("")).orElse(Quantity.ZERO);
    }
}
