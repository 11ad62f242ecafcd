package io.jubernetes.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/// Label selectors in one line, as query parameters, scales and table cells write them: `a=b,c in (d,e)`.
public final class SelectorText {
    private SelectorText() {}

    /// @param selector a label selector, or a plain map of labels
    /// @return empty for a selector that is absent or empty
    public static String of(JsonNode selector) {
        boolean structured = selector.has("matchLabels") || selector.has("matchExpressions");
        Map<String, String> terms = new TreeMap<>();
        Meta.strings(structured ? selector.path("matchLabels") : selector)
                .forEach((key, value) -> terms.put(key, key + "=" + value));
        for (JsonNode requirement : selector.path("matchExpressions")) {
            String key = requirement.path("key").asText("");
            String operator = requirement.path("operator").asText("");
            TreeSet<String> values = new TreeSet<>();
            requirement.path("values").forEach(value -> values.add(value.asText()));
            String list = "(" + String.join(",", values) + ")";
            terms.put(
                    key + " " + operator,
                    switch (operator) {
                        case "In" -> key + " in " + list;
                        case "NotIn" -> key + " notin " + list;
                        case "Exists" -> key;
                        default -> "!" + key;
                    });
        }
        return String.join(",", terms.values());
    }
}
