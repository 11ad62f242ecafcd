package io.jubernetes.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.common.codec.Json;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/// Shows what changed between two values the way messages about immutable fields do: a unified diff of their indented
/// JSON.
public final class TextDiff {
    private TextDiff() {}

    /// @return empty when there is no difference
    public static String of(JsonNode before, JsonNode after) {
        return LineDiff.of(lines(before), lines(after));
    }

    private static List<String> lines(JsonNode value) {
        List<String> lines = new ArrayList<>();
        var text = new StringBuilder();
        write(value, 0, text);
        text.toString().lines().forEach(lines::add);
        return lines;
    }

    private static void write(JsonNode value, int depth, StringBuilder text) {
        boolean object = value.isObject();
        if (!value.isContainerNode() || value.isEmpty()) {
            text.append(value.isContainerNode() ? object ? "{}" : "[]" : Json.text(value));
            return;
        }
        text.append(object ? '{' : '[').append('\n');
        Iterator<Map.Entry<String, JsonNode>> fields = value.properties().iterator();
        Iterator<JsonNode> items = value.elements();
        while (items.hasNext()) {
            JsonNode item = items.next();
            text.append(" ".repeat(depth + 1));
            if (object) {
                text.append(Json.text(fields.next().getKey())).append(": ");
            }
            write(item, depth + 1, text);
            text.append(items.hasNext() ? ",\n" : "\n");
        }
        text.append(" ".repeat(depth)).append(object ? '}' : ']');
    }
}
