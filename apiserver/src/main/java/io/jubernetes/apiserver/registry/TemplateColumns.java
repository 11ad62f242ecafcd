package io.jubernetes.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.resource.Meta;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/// The columns that tell a workload's pod template.
public final class TemplateColumns {
    private TemplateColumns() {}

    /// The names of a template's containers.
    public static String containers(JsonNode template) {
        return joined(template, "name");
    }

    /// The images of a template's containers.
    public static String images(JsonNode template) {
        return joined(template, "image");
    }

    private static String joined(JsonNode template, String field) {
        List<String> values = new ArrayList<>();
        template.path("spec")
                .path("containers")
                .forEach(container -> values.add(container.path(field).asText("")));
        return String.join(",", values);
    }

    /// A template's labels.
    public static String labels(JsonNode template) {
        return plain(template.path("metadata").path("labels"));
    }

    /// A map of labels, as a plain selector is one.
    public static String plain(JsonNode labels) {
        List<String> terms = new ArrayList<>();
        Meta.strings(labels).forEach((key, value) -> terms.add(key + "=" + value));
        Collections.sort(terms);
        return terms.isEmpty() ? "<none>" : String.join(",", terms);
    }

    /// A label selector.
    public static String selector(JsonNode selector) {
        Map<String, String> terms = new TreeMap<>();
        Meta.strings(selector.path("matchLabels")).forEach((key, value) -> terms.put(key, key + "=" + value));
        for (JsonNode requirement : selector.path("matchExpressions")) {
            String key = requirement.path("key").asText("");
            TreeSet<String> values = new TreeSet<>();
            requirement.path("values").forEach(value -> values.add(value.asText()));
            String list = "(" + String.join(",", values) + ")";
            String operator = requirement.path("operator").asText("");
            terms.put(
                    key + " " + operator,
                    switch (operator) {
                        case "In" -> key + " in " + list;
                        case "NotIn" -> key + " notin " + list;
                        case "Exists" -> key;
                        default -> "!" + key;
                    });
        }
        return selector.isMissingNode() || terms.isEmpty() ? "<none>" : String.join(",", terms.values());
    }
}
