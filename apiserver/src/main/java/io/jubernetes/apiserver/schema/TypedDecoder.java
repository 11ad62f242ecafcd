package io.jubernetes.apiserver.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.jubernetes.apiserver.schema.Schema.Field;
import io.jubernetes.apiserver.schema.Schema.Type;
import io.jubernetes.common.meta.Quantity;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Brings a tree into the form the API stores and shows: checks every value's type, drops unknown fields (and
/// remembers them), drops what the API's encoding omits (empty strings, zeros and empty lists of plain fields),
/// writes quantities and times canonically, and adds the fields the encoding always shows.
///
/// One instance decodes one tree; not thread-safe.
public final class TypedDecoder {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final int MAX_REMEMBERED = 100;

    private final List<String> unknown = new ArrayList<>();
    private final Deque<String> names = new ArrayDeque<>();
    private final StringBuilder path = new StringBuilder();

    /// Decodes a struct.
    ///
    /// @throws DecodeException when a value has another type than its field
    public ObjectNode decode(Schema schema, ObjectNode tree) throws DecodeException {
        return struct(schema, tree);
    }

    /// The paths of unknown fields found so far, in the order of the document.
    public List<String> unknownFields() {
        return unknown;
    }

    private ObjectNode struct(Schema schema, JsonNode value) throws DecodeException {
        ObjectNode result = NODES.objectNode();
        for (Map.Entry<String, JsonNode> entry : value.properties()) {
            if (schema.field(entry.getKey()) == null && unknown.size() < MAX_REMEMBERED) {
                unknown.add(pathTo(entry.getKey()));
            } else if (schema.field(entry.getKey()) instanceof Field field) {
                JsonNode decoded = field(schema, field, entry.getValue());
                if (decoded != null) {
                    result.set(field.name(), decoded);
                }
            }
        }
        for (Field field : schema.fields().values()) {
            if (!result.has(field.name())) {
                JsonNode shown = shownWhenAbsent(field);
                if (shown != null) {
                    result.set(field.name(), shown);
                }
            }
        }
        return result;
    }

    private String pathTo(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    private @Nullable JsonNode shownWhenAbsent(Field field) throws DecodeException {
        if (field.pointer()) {
            // What such a field defaults to is set with the kind's other defaults.
            return null;
        }
        if (field.alwaysPresent() instanceof JsonNode always) {
            if (always.isObject() && field.schema().type() == Type.STRUCT) {
                return struct(field.schema(), always);
            }
            return always.isObject() ? null : always;
        }
        if (!field.required() || field.omitEmpty()) {
            return null;
        }
        return switch (field.schema().type()) {
            case LIST, MAP, TIME, MICRO_TIME, RAW -> NullNode.instance;
            case INT_OR_STRING -> NODES.numberNode(0);
            default -> null;
        };
    }

    /// The decoded value, or null when the encoding omits it.
    private @Nullable JsonNode field(Schema owner, Field field, JsonNode value) throws DecodeException {
        if (value.isNull()) {
            return null;
        }
        int length = path.length();
        path.append(length == 0 ? "" : ".").append(field.name());
        names.addLast(field.name());
        try {
            JsonNode decoded = value(owner, field.schema(), value);
            return omitted(field, decoded) ? null : decoded;
        } finally {
            names.removeLast();
            path.setLength(length);
        }
    }

    private static boolean omitted(Field field, JsonNode decoded) {
        return switch (field.schema().type()) {
            case STRING, BYTES -> !field.pointer() && decoded.asText().isEmpty();
            case BOOL -> !field.pointer() && !decoded.booleanValue();
            case INT32, INT64, DOUBLE -> !field.pointer() && decoded.doubleValue() == 0;
            case LIST -> decoded.isEmpty() && !EmptyLists.areKept(field);
            case MAP -> decoded.isEmpty();
            case TIME, MICRO_TIME -> decoded.isNull();
            case STRUCT, QUANTITY, INT_OR_STRING, RAW, ANY, FREE -> false;
        };
    }

    private JsonNode value(Schema owner, Schema schema, JsonNode value) throws DecodeException {
        return switch (schema.type()) {
            case STRUCT -> {
                if (!value.isObject()) {
                    throw mismatch(owner, value, goName(schema));
                }
                yield struct(schema, value);
            }
            case MAP -> map(owner, schema, value);
            case LIST -> list(owner, schema, value);
            case STRING -> {
                if (!value.isTextual()) {
                    throw mismatch(owner, value, "string");
                }
                yield value;
            }
            case BYTES -> bytes(owner, value);
            case BOOL -> {
                if (!value.isBoolean()) {
                    throw mismatch(owner, value, "bool");
                }
                yield value;
            }
            case INT32 -> integer(owner, value, "int32", Integer.MIN_VALUE, Integer.MAX_VALUE);
            case INT64 -> integer(owner, value, "int64", Long.MIN_VALUE, Long.MAX_VALUE);
            case DOUBLE -> {
                if (!value.isNumber()) {
                    throw mismatch(owner, value, "float64");
                }
                yield value;
            }
            case QUANTITY -> quantity(value);
            case INT_OR_STRING -> {
                if (value.isTextual()) {
                    yield value;
                }
                yield integer(owner, value, "int32", Integer.MIN_VALUE, Integer.MAX_VALUE);
            }
            case TIME -> value.isTextual() ? ApiTime.seconds(value.asText()) : mismatchThrown(owner, value, "string");
            case MICRO_TIME ->
                value.isTextual() ? ApiTime.micros(value.asText()) : mismatchThrown(owner, value, "string");
            case RAW, ANY, FREE -> value;
        };
    }

    private JsonNode map(Schema owner, Schema schema, JsonNode value) throws DecodeException {
        if (!value.isObject()) {
            throw mismatch(owner, value, goName(schema));
        }
        ObjectNode result = NODES.objectNode();
        int length = path.length();
        for (Map.Entry<String, JsonNode> entry : value.properties()) {
            path.append('.').append(entry.getKey());
            JsonNode item = entry.getValue().isNull() ? zero(schema.element()) : entry.getValue();
            result.set(entry.getKey(), value(owner, schema.element(), item));
            path.setLength(length);
        }
        return result;
    }

    private JsonNode list(Schema owner, Schema schema, JsonNode value) throws DecodeException {
        if (!value.isArray()) {
            throw mismatch(owner, value, goName(schema));
        }
        ArrayNode result = NODES.arrayNode(value.size());
        int length = path.length();
        for (int i = 0; i < value.size(); i++) {
            path.append('[').append(i).append(']');
            JsonNode item = value.get(i).isNull() ? zero(schema.element()) : value.get(i);
            result.add(value(owner, schema.element(), item));
            path.setLength(length);
        }
        return result;
    }

    private static JsonNode zero(Schema schema) {
        return switch (schema.type()) {
            case STRUCT, MAP, RAW -> NODES.objectNode();
            case LIST -> NODES.arrayNode();
            case BOOL -> NODES.booleanNode(false);
            case INT32, INT64, DOUBLE, INT_OR_STRING -> NODES.numberNode(0);
            case QUANTITY -> TextNode.valueOf("0");
            default -> TextNode.valueOf("");
        };
    }

    private JsonNode integer(Schema owner, JsonNode value, String type, long min, long max) throws DecodeException {
        if (!value.isNumber()) {
            throw mismatch(owner, value, type);
        }
        if (!value.isIntegralNumber()
                || !value.canConvertToLong()
                || value.longValue() < min
                || value.longValue() > max) {
            throw new DecodeException("json: cannot unmarshal number " + value.asText() + " into Go struct field "
                    + fieldName(owner) + " of type " + type);
        }
        return NODES.numberNode(value.longValue());
    }

    private static JsonNode quantity(JsonNode value) throws DecodeException {
        String text = value.asText();
        if (!value.isTextual() && !value.isNumber()) {
            throw new DecodeException("quantities must match the regular expression " + QUANTITY_PATTERN);
        }
        if (text.isEmpty()) {
            return TextNode.valueOf("0");
        }
        return TextNode.valueOf(Quantity.tryParse(text)
                .orElseThrow(
                        () -> new DecodeException("quantities must match the regular expression " + QUANTITY_PATTERN))
                .toString());
    }

    private static final String QUANTITY_PATTERN = "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

    private JsonNode bytes(Schema owner, JsonNode value) throws DecodeException {
        if (!value.isTextual()) {
            throw mismatch(owner, value, "[]uint8");
        }
        int bad = Base64Text.firstBadByte(value.asText());
        if (bad >= 0) {
            throw new DecodeException("illegal base64 data at input byte " + bad);
        }
        return value;
    }

    private JsonNode mismatchThrown(Schema owner, JsonNode value, String type) throws DecodeException {
        throw mismatch(owner, value, type);
    }

    private DecodeException mismatch(Schema owner, JsonNode value, String type) {
        String found = switch (value.getNodeType()) {
            case OBJECT, POJO -> "object";
            case ARRAY -> "array";
            case BOOLEAN -> "bool";
            case NUMBER -> "number";
            default -> "string";
        };
        return new DecodeException(
                "json: cannot unmarshal " + found + " into Go struct field " + fieldName(owner) + " of type " + type,
                restoring(value, type));
    }

    private static String restoring(JsonNode value, String type) {
        boolean integral = value.isIntegralNumber();
        String found = switch (value.getNodeType()) {
            case OBJECT, POJO -> "map";
            case ARRAY -> "slice";
            case BOOLEAN -> "bool";
            case NUMBER -> integral ? "int64" : "float64";
            default -> "string";
        };
        if (type.startsWith("map[")) {
            return "cannot restore map from " + found;
        }
        if (type.startsWith("[]")) {
            return "cannot restore slice from " + found;
        }
        return switch (type) {
            case "string" -> integral ? "cannot convert int64 to string" : "unrecognized type: string";
            case "bool", "float64" -> "unrecognized type: " + type;
            case "int32", "int64" ->
                value.isNumber() ? "cannot convert float64 to " + type : "unrecognized type: " + type;
            default -> "cannot restore struct from: " + found;
        };
    }

    private String fieldName(Schema owner) {
        return lastName(owner) + "." + String.join(".", names);
    }

    private static String lastName(Schema schema) {
        return schema.name().substring(schema.name().lastIndexOf('.') + 1);
    }

    /// The name a type has in the API's error messages.
    private static String goName(Schema schema) {
        return switch (schema.type()) {
            case STRUCT -> {
                String[] parts = schema.name().split("\\.");
                yield parts.length < 2 ? schema.name() : parts[parts.length - 2] + "." + parts[parts.length - 1];
            }
            case LIST -> "[]" + goName(schema.element());
            case MAP -> "map[string]" + goName(schema.element());
            case STRING -> "string";
            case BOOL -> "bool";
            case INT32 -> "int32";
            case INT64 -> "int64";
            case DOUBLE -> "float64";
            case BYTES -> "[]uint8";
            case QUANTITY -> "resource.Quantity";
            case INT_OR_STRING -> "intstr.IntOrString";
            case TIME -> "v1.Time";
            case MICRO_TIME -> "v1.MicroTime";
            case RAW, ANY, FREE -> "interface {}";
        };
    }
}
