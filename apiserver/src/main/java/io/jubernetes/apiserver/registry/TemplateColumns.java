package io.jubernetes.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.resource.SelectorText;
import java.util.ArrayList;
import java.util.List;

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
        return selector(template.path("metadata").path("labels"));
    }

    /// A label selector, or a map of labels as a plain selector is one.
    public static String selector(JsonNode selector) {
        String text = SelectorText.of(selector);
        return text.isEmpty() ? "<none>" : text;
    }
}
