package io.jubernetes.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.jubernetes.apiserver.schema.BuiltinTypes;
import io.jubernetes.apiserver.schema.Schema;
import io.jubernetes.common.codec.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/// Values as error messages show them. Upstream prints its in-memory structs, whose fields have Go's names, stand in
/// Go's order and are all there, set or not; clients see that in messages about structs, so it is part of the API. The
/// table `go-shapes.txt` names the fields of the types that messages show; other types show as they are.
public final class GoShape {
    /// @param name in Go
    /// @param json in the API
    /// @param nested whether a struct that is absent shows with all its fields and not as null
    private record Member(String name, String json, boolean nested) {}

    private static final Map<String, List<Member>> SHAPES = read();

    private GoShape() {}

    /// @param type such as `core.v1.Taint`
    /// @param value an object of that type, or a missing node
    public static JsonNode of(String type, JsonNode value) {
        return shape(BuiltinTypes.get().require(type), value);
    }

    /// A list of objects.
    public static JsonNode ofList(String type, JsonNode values) {
        return shape(values, BuiltinTypes.get().require(type));
    }

    private static JsonNode shape(Schema schema, JsonNode value) {
        return switch (schema.type()) {
            case STRUCT -> {
                List<Member> members = SHAPES.get(schema.name());
                yield members == null ? orNull(value) : struct(schema, members, value);
            }
            case LIST -> shape(value, schema.element());
            default -> orNull(value);
        };
    }

    private static JsonNode shape(JsonNode list, Schema element) {
        if (!list.isArray()) {
            return NullNode.instance;
        }
        ArrayNode result = Json.MAPPER.createArrayNode();
        list.forEach(item -> result.add(shape(element, item)));
        return result;
    }

    private static JsonNode orNull(JsonNode value) {
        return value.isMissingNode() ? NullNode.instance : value;
    }

    private static ObjectNode struct(Schema schema, List<Member> members, JsonNode value) {
        ObjectNode result = Json.object();
        for (Member member : members) {
            JsonNode present = value.path(member.json());
            Schema.Field field = schema.field(member.json());
            if (field == null) {
                result.set(member.name(), NullNode.instance);
            } else if (present.isMissingNode() || present.isNull()) {
                result.set(member.name(), zero(field, member));
            } else {
                result.set(member.name(), shape(field.schema(), present));
            }
        }
        return result;
    }

    private static JsonNode zero(Schema.Field field, Member member) {
        if (field.pointer()) {
            return NullNode.instance;
        }
        return switch (field.schema().type()) {
            case STRING -> TextNode.valueOf("");
            case BOOL -> com.fasterxml.jackson.databind.node.BooleanNode.FALSE;
            case INT32, INT64, DOUBLE, INT_OR_STRING -> IntNode.valueOf(0);
            case QUANTITY -> TextNode.valueOf("0");
            case STRUCT ->
                member.nested()
                        ? shape(field.schema(), com.fasterxml.jackson.databind.node.MissingNode.getInstance())
                        : NullNode.instance;
            default -> NullNode.instance;
        };
    }

    private static Map<String, List<Member>> read() {
        Map<String, List<Member>> shapes = new HashMap<>();
        try (var in = Objects.requireNonNull(GoShape.class.getResourceAsStream("go-shapes.txt"), "go-shapes.txt");
                var reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                if (line.isBlank() || line.startsWith("#")) {
                    continue;
                }
                String[] words = line.split(" ");
                List<Member> members = new ArrayList<>();
                for (int i = 1; i < words.length; i++) {
                    boolean nested = words[i].endsWith("!");
                    String word = nested ? words[i].substring(0, words[i].length() - 1) : words[i];
                    int split = word.indexOf('=');
                    members.add(
                            split < 0
                                    ? new Member(
                                            word,
                                            word.substring(0, 1).toLowerCase(Locale.ROOT) + word.substring(1),
                                            nested)
                                    : new Member(word.substring(0, split), word.substring(split + 1), nested));
                }
                shapes.put(words[0], List.copyOf(members));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return shapes;
    }
}
