package io.jubernetes.apiserver.admission.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.common.meta.Quantity;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// What a pod asks for and is held to, summed over its containers.
public final class PodAmounts {
    private PodAmounts() {}

    /// A list of resources as quantities, sorted by name; what is no quantity is left out.
    public static Map<String, Quantity> amounts(JsonNode list) {
        Map<String, Quantity> amounts = new TreeMap<>();
        list.properties()
                .forEach(entry -> Quantity.tryParse(entry.getValue().asText())
                        .ifPresent(amount -> amounts.put(entry.getKey(), amount)));
        return amounts;
    }

    /// The most the pod uses at any time: its containers and sidecars together, or an init container beside the
    /// sidecars started before it; what the pod as a whole states comes first, and its overhead on top.
    ///
    /// @param field `requests` or `limits`
    public static Map<String, Quantity> ofPod(JsonNode spec, String field) {
        Map<String, Quantity> running = new TreeMap<>();
        spec.path("containers").forEach(container -> add(running, own(container, field)));
        Map<String, Quantity> sidecars = new TreeMap<>();
        Map<String, Quantity> starting = new TreeMap<>();
        for (JsonNode container : spec.path("initContainers")) {
            if (container.path("restartPolicy").asText("").equals("Always")) {
                add(sidecars, own(container, field));
                highest(starting, sidecars);
            } else {
                Map<String, Quantity> together = new TreeMap<>(sidecars);
                add(together, own(container, field));
                highest(starting, together);
            }
        }
        add(running, sidecars);
        highest(running, starting);
        running.putAll(amounts(spec.path("resources").path(field)));
        amounts(spec.path("overhead")).forEach((resource, amount) -> {
            if (field.equals("requests") || running.containsKey(resource)) {
                running.merge(resource, amount, Quantity::plus);
            }
        });
        return running;
    }

    /// Whether the pod states neither processor time nor memory.
    public static boolean isBestEffort(JsonNode spec) {
        for (String field : List.of("requests", "limits")) {
            Map<String, Quantity> amounts = ofPod(spec, field);
            for (String resource : List.of("cpu", "memory")) {
                if (amounts.getOrDefault(resource, Quantity.ZERO).signum() > 0) {
                    return false;
                }
            }
        }
        return true;
    }

    private static Map<String, Quantity> own(JsonNode container, String field) {
        return amounts(container.path("resources").path(field));
    }

    private static void add(Map<String, Quantity> sum, Map<String, Quantity> more) {
        more.forEach((resource, amount) -> sum.merge(resource, amount, Quantity::plus));
    }

    private static void highest(Map<String, Quantity> sum, Map<String, Quantity> other) {
        other.forEach(
                (resource, amount) -> sum.merge(resource, amount, (one, two) -> one.compareTo(two) >= 0 ? one : two));
    }
}
