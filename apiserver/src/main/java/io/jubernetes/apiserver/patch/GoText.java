package io.jubernetes.apiserver.patch;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;

/// Writes trees as the API's messages show maps and lists: `map[a:1 b:[x y]]`.
public final class GoText {
    private GoText() {}

    /// The value, with the keys of objects in order.
    public static String of(JsonNode value) {
        if (value.isObject()) {
            var sorted = new TreeMap<String, JsonNode>();
            value.properties().forEach(entry -> sorted.put(entry.getKey(), entry.getValue()));
            var text = new StringJoiner(" ", "map[", "]");
            for (Map.Entry<String, JsonNode> entry : sorted.entrySet()) {
                text.add(entry.getKey() + ":" + of(entry.getValue()));
            }
            return text.toString();
        }
        if (value.isArray()) {
            var text = new StringJoiner(" ", "[", "]");
            value.forEach(item -> text.add(of(item)));
            return text.toString();
        }
        return value.isNull() ? "<nil>" : value.asText();
    }

    /// The type a decoded value has in such messages.
    static String type(JsonNode value) {
        return switch (value.getNodeType()) {
            case OBJECT -> "map[string]interface {}";
            case ARRAY -> "[]interface {}";
            case BOOLEAN -> "bool";
            case NUMBER -> value.isIntegralNumber() ? "int64" : "float64";
            case STRING -> "string";
            default -> "<nil>";
        };
    }
}
