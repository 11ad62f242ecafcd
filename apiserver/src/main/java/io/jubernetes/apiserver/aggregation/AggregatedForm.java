package io.jubernetes.apiserver.aggregation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.common.codec.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Turns a list of resources as each version shows it into the form of aggregated discovery. Pure.
final class AggregatedForm {
    private AggregatedForm() {}

    /// @param list an `APIResourceList`
    static List<ObjectNode> of(JsonNode list, String group, String version) {
        Map<String, ObjectNode> byName = new LinkedHashMap<>();
        for (JsonNode each : list.path("resources")) {
            String name = each.path("name").asText("");
            if (!name.contains("/")) {
                byName.put(name, resource(each, group, version));
            }
        }
        for (JsonNode each : list.path("resources")) {
            String[] parts = each.path("name").asText("").split("/", 2);
            if (parts.length == 2) {
                ObjectNode owner = byName.computeIfAbsent(parts[0], name -> parent(name, each));
                ArrayNode subresources = owner.get("subresources") instanceof ArrayNode present
                        ? present
                        : owner.putArray("subresources");
                ObjectNode sub = subresources.addObject().put("subresource", parts[1]);
                kind(sub, each, group, version);
                sub.set("verbs", each.path("verbs").deepCopy());
            }
        }
        return List.copyOf(byName.values());
    }

    private static ObjectNode resource(JsonNode each, String group, String version) {
        ObjectNode resource = Json.object();
        resource.put("resource", each.path("name").asText(""));
        kind(resource, each, group, version);
        resource.put("scope", scope(each));
        resource.put("singularResource", each.path("singularName").asText(""));
        for (String field : List.of("verbs", "shortNames", "categories")) {
            if (each.path(field).isArray()) {
                resource.set(field, each.get(field).deepCopy());
            }
        }
        return resource;
    }

    /// A resource that is there for its subresources only.
    private static ObjectNode parent(String name, JsonNode sub) {
        return Json.object().put("resource", name).put("scope", scope(sub));
    }

    private static String scope(JsonNode each) {
        return each.path("namespaced").asBoolean(false) ? "Namespaced" : "Cluster";
    }

    private static void kind(ObjectNode entry, JsonNode each, String group, String version) {
        entry.putObject("responseKind")
                .put("group", each.path("group").asText(group))
                .put("version", each.path("version").asText(version))
                .put("kind", each.path("kind").asText(""));
    }
}
