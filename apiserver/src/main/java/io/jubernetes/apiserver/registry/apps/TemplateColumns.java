package io.jubernetes.apiserver.registry.apps;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.resource.Meta;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// The wide columns that tell a workload's pod template.
final class TemplateColumns {
    private TemplateColumns() {}

    static String containers(JsonNode workload) {
        return joined(workload, "name");
    }

    static String images(JsonNode workload) {
        return joined(workload, "image");
    }

    private static String joined(JsonNode workload, String field) {
        List<String> values = new ArrayList<>();
        workload.path("spec")
                .path("template")
                .path("spec")
                .path("containers")
                .forEach(container -> values.add(container.path(field).asText("")));
        return String.join(",", values);
    }

    static String selector(JsonNode workload) {
        List<String> terms = new ArrayList<>();
        Meta.strings(workload.path("spec").path("selector").path("matchLabels"))
                .forEach((key, value) -> terms.add(key + "=" + value));
        Collections.sort(terms);
        return terms.isEmpty() ? "<none>" : String.join(",", terms);
    }
}
