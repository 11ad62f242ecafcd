package io.jubernetes.apiserver.customresource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.common.codec.Json;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Finds duplicates in lists that are sets or maps.
final class ListTypes {
    private ListTypes() {}

    /// All duplicates below a value.
    static List<Cause> validate(Structural schema, JsonNode value, String path) {
        List<Cause> causes = new ArrayList<>();
        walk(schema, value, path, causes);
        return causes;
    }

    private static void walk(@Nullable Structural schema, JsonNode value, String path, List<Cause> causes) {
        if (schema == null) {
            return;
        }
        if (value.isObject()) {
            for (Map.Entry<String, JsonNode> entry : value.properties()) {
                Structural named = schema.property(entry.getKey());
                String below = path.isEmpty()
                        ? entry.getKey()
                        : named == null ? path + "[" + entry.getKey() + "]" : path + "." + entry.getKey();
                walk(named == null ? schema.additional() : named, entry.getValue(), below, causes);
            }
        } else if (value.isArray()) {
            if (!schema.listType().equals("atomic")) {
                duplicates(schema, value, path, causes);
            }
            for (int i = 0; i < value.size(); i++) {
                walk(schema.items(), value.get(i), path + "[" + i + "]", causes);
            }
        }
    }

    private static void duplicates(Structural schema, JsonNode list, String path, List<Cause> causes) {
        boolean map = schema.listType().equals("map");
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < list.size(); i++) {
            JsonNode item = list.get(i);
            if (map && !item.isObject()) {
                continue; // its type has been refused
            }
            if (!seen.add(key(schema, item))) {
                causes.add(Cause.duplicate(path + "[" + i + "]", map ? keys(schema, item) : shown(item)));
            }
        }
    }

    private static Object shown(JsonNode item) {
        return item.isTextual() ? item.textValue() : item;
    }

    /// What tells an item apart from the others.
    static String key(Structural schema, JsonNode item) {
        return schema.listType().equals("map")
                ? keys(schema, item).toString()
                : canonical(item).toString();
    }

    private static ObjectNode keys(Structural schema, JsonNode item) {
        ObjectNode keys = Json.object();
        for (String key : schema.mapKeys().stream().sorted().toList()) {
            JsonNode value = item.get(key);
            if (value != null) {
                keys.set(key, value);
            }
        }
        return keys;
    }

    private static JsonNode canonical(JsonNode value) {
        if (value.isObject()) {
            Map<String, JsonNode> sorted = new TreeMap<>();
            value.properties().forEach(entry -> sorted.put(entry.getKey(), canonical(entry.getValue())));
            return Json.object().setAll(sorted);
        }
        if (value.isArray()) {
            ArrayNode list = Json.MAPPER.createArrayNode();
            value.forEach(item -> list.add(canonical(item)));
            return list;
        }
        return value;
    }
}
