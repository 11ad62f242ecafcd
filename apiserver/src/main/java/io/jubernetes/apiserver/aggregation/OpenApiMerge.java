package io.jubernetes.apiserver.aggregation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.HashMap;
import java.util.Map;

/// Adds to an OpenAPI document of version 2 what another server's document says of one API version. Pure but for the
/// document that is added to.
public final class OpenApiMerge {
    private static final String REFERENCE = "#/definitions/";

    private OpenApiMerge() {}

    /// @param document changed in place
    /// @param other another server's
    /// @param path below which the other server is asked, such as `/apis/metrics.k8s.io/v1`
    public static void add(ObjectNode document, JsonNode other, String path) {
        if (!(document.get("paths") instanceof ObjectNode paths)
                || !(document.get("definitions") instanceof ObjectNode definitions)) {
            return;
        }
        Map<String, String> renamed = new HashMap<>();
        other.path("definitions").properties().forEach(entry -> {
            String name = entry.getKey();
            JsonNode present = definitions.get(name);
            if (present != null && !present.equals(entry.getValue())) {
                renamed.put(name, free(definitions, name));
            }
        });
        other.path("paths").properties().forEach(entry -> {
            String each = entry.getKey();
            boolean within = each.equals(path) || each.startsWith(path + "/");
            if (within && !paths.has(each)) {
                paths.set(each, rewritten(entry.getValue(), renamed));
            }
        });
        other.path("definitions").properties().forEach(entry -> {
            String name = renamed.getOrDefault(entry.getKey(), entry.getKey());
            if (!definitions.has(name)) {
                definitions.set(name, rewritten(entry.getValue(), renamed));
            }
        });
    }

    private static String free(ObjectNode definitions, String name) {
        int number = 2;
        while (definitions.has(name + "_v" + number)) {
            number++;
        }
        return name + "_v" + number;
    }

    /// A copy whose references lead to the new names.
    private static JsonNode rewritten(JsonNode node, Map<String, String> renamed) {
        return switch (node) {
            case ObjectNode object -> {
                ObjectNode copy = object.objectNode();
                object.properties().forEach(entry -> {
                    String text = entry.getValue().asText("");
                    boolean reference = entry.getKey().equals("$ref") && text.startsWith(REFERENCE);
                    String name = reference ? text.substring(REFERENCE.length()) : "";
                    copy.set(
                            entry.getKey(),
                            reference
                                    ? TextNode.valueOf(REFERENCE + renamed.getOrDefault(name, name))
                                    : rewritten(entry.getValue(), renamed));
                });
                yield copy;
            }
            case ArrayNode array -> {
                ArrayNode copy = array.arrayNode();
                array.forEach(each -> copy.add(rewritten(each, renamed)));
                yield copy;
            }
            default -> node;
        };
    }
}
