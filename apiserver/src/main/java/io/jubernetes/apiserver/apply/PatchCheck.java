package io.jubernetes.apiserver.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.schema.Schema;
import io.jubernetes.apiserver.schema.Schema.Type;
import io.jubernetes.common.codec.Json;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Checks that an applied configuration fits its schema: types, unknown fields, keys and duplicates
/// of lists. One instance checks one configuration.
final class PatchCheck {
    private final Schema schema;
    private final List<String> problems = new ArrayList<>();

    PatchCheck(Schema schema) {
        this.schema = schema;
    }

    /// @throws ApiException 500, as upstream answers, naming everything that does not fit
    void check(ObjectNode patch) {
        String text = problems(patch);
        if (text.isEmpty()) {
            return;
        }
        String version = patch.path("apiVersion").asText("");
        String object = Meta.namespace(patch) + "/" + Meta.name(patch) + "; "
                + (version.contains("/") ? version : "/" + version) + ", Kind="
                + patch.path("kind").asText("");
        throw ApiException.plain(500, "failed to create typed patch object (" + object + "): " + text);
    }

    /// Everything that does not fit; empty when all does.
    String problems(ObjectNode patch) {
        walk(schema, patch, "");
        return problems.size() > 1 ? "errors:\n  " + String.join("\n  ", problems) : String.join("", problems);
    }

    private void walk(@Nullable Schema at, JsonNode value, String path) {
        if (at == null || value.isNull()) {
            return;
        }
        switch (at.type()) {
            case STRUCT, MAP -> fields(at, value, path);
            case LIST -> items(at, value, path);
            case STRING, BYTES, TIME, MICRO_TIME -> expect(value.isTextual(), "string", value, path);
            case BOOL -> expect(value.isBoolean(), "boolean", value, path);
            case INT32, INT64, DOUBLE -> {
                if (!value.isNumber()) {
                    problems.add(path + ": expected numeric (int or float), got " + goType(value));
                }
            }
            case QUANTITY, INT_OR_STRING -> expect(value.isValueNode(), "scalar", value, path);
            case RAW, ANY, FREE -> {}
        }
    }

    private void expect(boolean fits, String type, JsonNode value, String path) {
        if (!fits) {
            problems.add(path + ": expected " + type + ", got &value.valueUnstructured{Value:" + shown(value) + "}");
        }
    }

    /// The type a message names, which is that of the decoded value.
    private static String goType(JsonNode value) {
        return switch (value.getNodeType()) {
            case OBJECT -> "map[string]interface {}";
            case ARRAY -> "[]interface {}";
            case BOOLEAN -> "bool";
            default -> "string";
        };
    }

    private void fields(Schema at, JsonNode value, String path) {
        if (!value.isObject()) {
            expect(false, "map", value, path);
            return;
        }
        for (Map.Entry<String, JsonNode> entry : value.properties()) {
            String below = path + "." + entry.getKey();
            if (at.type() == Type.STRUCT && !at.isOpen() && at.field(entry.getKey()) == null) {
                problems.add(below + ": field not declared in schema");
            } else {
                walk(at.child(entry.getKey()), entry.getValue(), below);
            }
        }
    }

    private void items(Schema at, JsonNode list, String path) {
        if (!list.isArray()) {
            expect(false, "list", list, path);
            return;
        }
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < list.size(); i++) {
            JsonNode item = list.get(i);
            String place = path + "[" + i + "]";
            if (!at.isAtomic()) {
                String element = PathElement.item(at, item);
                if (element == null) {
                    problems.add(path + ": element " + i + ": " + keyless(at, item));
                    continue;
                }
                place = path + PathElement.shown(element);
                if (!seen.add(element)) {
                    problems.add(path + ": duplicate entries for key " + PathElement.shown(element));
                }
            }
            walk(at.element(), item, place);
        }
    }

    private static String keyless(Schema at, JsonNode item) {
        if (at.listType() == Schema.ListType.SET) {
            return item.isNull()
                    ? "associative list without keys has an element that's an explicit null"
                    : "associative list without keys has an element that's a map type";
        }
        return item.isObject()
                ? "associative list with keys has an element that omits all key fields "
                        + at.keys().stream().map(Json::text).collect(Collectors.joining(" ", "[", "]"))
                        + " (and doesn't have default values for any key fields)"
                : "associative list with keys may not have non-map elements";
    }

    /// A value as messages show it.
    private static String shown(JsonNode value) {
        if (value.isObject()) {
            var text = new StringJoiner(", ", "map[string]interface {}{", "}");
            value.properties().forEach(entry -> text.add(Json.text(entry.getKey()) + ":" + shown(entry.getValue())));
            return text.toString();
        }
        if (value.isArray()) {
            var text = new StringJoiner(", ", "[]interface {}{", "}");
            value.forEach(item -> text.add(shown(item)));
            return text.toString();
        }
        return value.isNull() ? "interface {}(nil)" : value.toString();
    }
}
