package io.jubernetes.apiserver.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.schema.Schema;
import io.jubernetes.common.codec.Json;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// One step of a field path, kept in the form FieldsV1 writes it: `f:NAME` for a struct's field or map's key, `k:KEYS`
/// for an item of a list of type map, `v:VALUE` for an item of a set, `i:NUMBER` for a place in a list.
///
/// Keys and values are canonical JSON, so that equal steps have equal texts.
final class PathElement {
    /// Fields first, then keys, values and places; each by their text.
    static final Comparator<String> ORDER = Comparator.<String>comparingInt(text -> "fkvi".indexOf(text.charAt(0)))
            .thenComparing(text -> text);

    private PathElement() {}

    static String field(String name) {
        return "f:" + name;
    }

    /// The step to a list's item; null when the item has no key or no comparable value.
    static @Nullable String item(Schema list, JsonNode item) {
        if (list.listType() == Schema.ListType.SET) {
            return item.isValueNode() && !item.isNull() ? "v:" + canonical(item) : null;
        }
        if (!item.isObject()) {
            return null;
        }
        ObjectNode keys = Json.object();
        for (String key : list.keys().stream().sorted().toList()) {
            JsonNode value = item.get(key);
            if (value == null || value.isNull()) {
                value = defaultOf(list.element(), key);
            }
            if (value != null) {
                keys.set(key, value);
            }
        }
        return keys.isEmpty() ? null : "k:" + keys;
    }

    private static @Nullable JsonNode defaultOf(Schema element, String key) {
        if (key.equals("protocol")) {
            // The only defaulted key of the built-in kinds: a port's protocol.
            return Json.MAPPER.getNodeFactory().textNode("TCP");
        }
        Schema.Field field = element.field(key);
        return field == null || field.schema().type() == Schema.Type.STRUCT ? null : field.alwaysPresent();
    }

    /// A step as a client wrote it, in canonical form; null when it is none.
    static @Nullable String parse(String text) {
        if (text.length() < 2 || text.charAt(1) != ':') {
            return null;
        }
        String value = text.substring(2);
        try {
            return switch (text.charAt(0)) {
                case 'f' -> text;
                case 'v' -> "v:" + canonical(Json.MAPPER.readTree(value));
                case 'i' -> "i:" + Integer.parseInt(value);
                case 'k' -> Json.MAPPER.readTree(value) instanceof ObjectNode keys ? "k:" + canonical(keys) : null;
                default -> null;
            };
        } catch (java.io.IOException | NumberFormatException e) {
            return null;
        }
    }

    private static JsonNode canonical(JsonNode value) {
        if (!(value instanceof ObjectNode object)) {
            return value;
        }
        ObjectNode sorted = Json.object();
        Map<String, JsonNode> fields = new TreeMap<>();
        object.properties().forEach(entry -> fields.put(entry.getKey(), canonical(entry.getValue())));
        return sorted.setAll(fields);
    }

    /// The step as messages show it: `.name`, `[key="value"]`, `[="value"]`, `[0]`.
    static String shown(String element) {
        String value = element.substring(2);
        return switch (element.charAt(0)) {
            case 'f' -> "." + value;
            case 'k' -> {
                var text = new StringBuilder("[");
                for (Map.Entry<String, JsonNode> key : Json.parse(value).properties()) {
                    text.append(text.length() > 1 ? "," : "").append(key.getKey());
                    text.append('=').append(key.getValue());
                }
                yield text.append(']').toString();
            }
            case 'v' -> "[=" + value + "]";
            default -> "[" + value + "]";
        };
    }
}
