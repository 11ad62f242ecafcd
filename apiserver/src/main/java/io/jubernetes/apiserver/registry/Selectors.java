package io.jubernetes.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.resource.Meta;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;

/// Label selectors as table cells show them.
public final class Selectors {
    private Selectors() {}

    /// Such as `a=b,c in (d,e)`; `<none>` for a selector that is absent or empty.
    public static String text(JsonNode selector) {
        List<String> terms = new ArrayList<>();
        new TreeMap<>(Meta.strings(selector.path("matchLabels"))).forEach((key, value) -> terms.add(key + "=" + value));
        for (JsonNode requirement : selector.path("matchExpressions")) {
            String key = requirement.path("key").asText("");
            List<String> values = new ArrayList<>();
            requirement.path("values").forEach(value -> values.add(value.asText()));
            Collections.sort(values);
            String list = " (" + String.join(",", values) + ")";
            terms.add(
                    switch (requirement.path("operator").asText("")) {
                        case "In" -> key + " in" + list;
                        case "NotIn" -> key + " notin" + list;
                        case "Exists" -> key;
                        default -> "!" + key;
                    });
        }
        Collections.sort(terms);
        return terms.isEmpty() ? "<none>" : String.join(",", terms);
    }

    /// A map of labels such as `a=b,c=d`; `<none>` when it is empty.
    public static String labels(JsonNode labels) {
        List<String> terms = new ArrayList<>();
        new TreeMap<>(Meta.strings(labels)).forEach((key, value) -> terms.add(key + "=" + value));
        return terms.isEmpty() ? "<none>" : String.join(",", terms);
    }
}
