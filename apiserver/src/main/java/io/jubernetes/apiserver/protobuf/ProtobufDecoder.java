package io.jubernetes.apiserver.protobuf;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.jubernetes.apiserver.schema.ApiTime;
import io.jubernetes.apiserver.schema.Schema;
import io.jubernetes.common.codec.Json;
import java.io.IOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Reads the API's protobuf messages into the trees their JSON would give. Stateless and thread-safe.
///
/// Fields are matched to the schema by name; a message whose field the schema does not know is one that JSON
/// writes inline (a volume's source, a probe's handler).
public final class ProtobufDecoder {
    /// What every message on the wire begins with.
    static final byte[] MAGIC = {'k', '8', 's', 0};

    private static final int MAX_DEPTH = 200;
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private ProtobufDecoder() {}

    /// A message out of its envelope, not looked into yet.
    ///
    /// @param apiVersion and kind are empty when the sender left them out
    public record Envelope(String apiVersion, String kind, byte[] raw) {}

    /// Opens the envelope.
    ///
    /// @throws IOException when the bytes are not a protobuf message of the API
    public static Envelope open(byte[] body) throws IOException {
        if (body.length < MAGIC.length || !Arrays.equals(body, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            throw new IOException(
                    "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]");
        }
        ByteString content = ByteString.copyFrom(body, MAGIC.length, body.length - MAGIC.length);
        Message unknown = DynamicMessage.parseFrom(ProtobufDescriptors.envelope(), content);
        Descriptor type = unknown.getDescriptorForType();
        String apiVersion = "";
        String kind = "";
        if (unknown.getField(type.findFieldByName("typeMeta")) instanceof Message typeMeta) {
            apiVersion = text(typeMeta, "apiVersion");
            kind = text(typeMeta, "kind");
        }
        ByteString raw = (ByteString) unknown.getField(type.findFieldByName("raw"));
        return new Envelope(apiVersion, kind, raw.toByteArray());
    }

    /// Reads a message of the schema's type.
    ///
    /// @throws IOException when the bytes are not such a message, or the type has no protobuf form
    public static ObjectNode decode(Schema schema, byte[] raw) throws IOException {
        Descriptor descriptor = ProtobufDescriptors.find(schema.name());
        if (descriptor == null) {
            throw new IOException("no protobuf message for " + schema.name());
        }
        CodedInputStream input = CodedInputStream.newInstance(raw);
        input.setRecursionLimit(MAX_DEPTH);
        try {
            return struct(schema, DynamicMessage.parseFrom(descriptor, input));
        } catch (InvalidProtocolBufferException e) {
            throw new IOException("proto: " + e.getMessage(), e);
        }
    }

    private static ObjectNode struct(Schema schema, Message message) throws IOException {
        ObjectNode result = NODES.objectNode();
        for (var entry : message.getAllFields().entrySet()) {
            FieldDescriptor field = entry.getKey();
            Schema.Field known = find(schema, field.getName());
            if (known != null) {
                result.set(known.name(), field(known.schema(), field, entry.getValue()));
            } else if (entry.getValue() instanceof Message inline) {
                result.setAll(struct(schema, inline));
            }
        }
        return result;
    }

    static Schema.@Nullable Field find(Schema schema, String name) {
        Schema.Field exact = schema.field(name);
        if (exact != null) {
            return exact;
        }
        String plain = plain(name);
        for (Schema.Field field : schema.fields().values()) {
            if (plain(field.name()).equals(plain)) {
                return field;
            }
        }
        return null;
    }

    /// A name without what JSON and protobuf write differently.
    private static String plain(String name) {
        return name.replace("-", "").replace("$", "").toLowerCase(Locale.ROOT);
    }

    private static JsonNode field(Schema schema, FieldDescriptor field, Object value) throws IOException {
        if (field.isMapField()) {
            ObjectNode map = NODES.objectNode();
            for (Object entry : (List<?>) value) {
                Message pair = (Message) entry;
                Descriptor type = pair.getDescriptorForType();
                String key = String.valueOf(pair.getField(type.findFieldByNumber(1)));
                FieldDescriptor item = type.findFieldByNumber(2);
                map.set(key, value(schema.element(), item, pair.getField(item)));
            }
            return map;
        }
        if (field.isRepeated()) {
            ArrayNode list = NODES.arrayNode();
            for (Object item : (List<?>) value) {
                list.add(value(schema.element(), field, item));
            }
            return list;
        }
        return value(schema, field, value);
    }

    private static JsonNode value(Schema schema, FieldDescriptor field, Object value) throws IOException {
        return switch (value) {
            case Message message -> message(schema, message);
            case String text -> NODES.textNode(text);
            case Boolean flag -> NODES.booleanNode(flag);
            case Integer number -> NODES.numberNode(number);
            case Long number -> NODES.numberNode(number);
            case Double number -> NODES.numberNode(number);
            case Float number -> NODES.numberNode(number);
            case ByteString bytes -> NODES.textNode(Base64.getEncoder().encodeToString(bytes.toByteArray()));
            default -> throw new IOException("unexpected value of field " + field.getFullName());
        };
    }

    private static JsonNode message(Schema schema, Message message) throws IOException {
        return switch (schema.type()) {
            case STRUCT -> struct(schema, message);
            case QUANTITY -> NODES.textNode(text(message, "string"));
            case TIME, MICRO_TIME -> time(schema, message);
            case INT_OR_STRING ->
                number(message, "type") == 0
                        ? NODES.numberNode(number(message, "intVal"))
                        : NODES.textNode(text(message, "strVal"));
            case LIST -> {
                FieldDescriptor items = message.getDescriptorForType().findFieldByName("items");
                yield items == null ? NODES.arrayNode() : field(schema, items, message.getField(items));
            }
            case RAW, ANY, FREE -> raw(message);
            default ->
                throw new IOException(
                        "unexpected message " + message.getDescriptorForType().getFullName());
        };
    }

    private static JsonNode time(Schema schema, Message message) {
        long seconds = number(message, "seconds");
        long nanos = number(message, "nanos");
        if (message.getAllFields().isEmpty()) {
            return NullNode.instance;
        }
        Instant time = Instant.ofEpochSecond(seconds, nanos);
        return NODES.textNode(schema.type() == Schema.Type.TIME ? ApiTime.seconds(time) : ApiTime.micros(time));
    }

    /// Messages that carry JSON as bytes, and the unions of a JSON schema.
    private static JsonNode raw(Message message) throws IOException {
        Descriptor type = message.getDescriptorForType();
        for (FieldDescriptor field : type.getFields()) {
            if (field.getJavaType() == FieldDescriptor.JavaType.BYTE_STRING) {
                ByteString bytes = (ByteString) message.getField(field);
                return bytes.isEmpty() ? NullNode.instance : Json.read(bytes.toByteArray());
            }
        }
        Schema props = io.jubernetes.apiserver.schema.BuiltinTypes.get().require("apiextensions.v1.JSONSchemaProps");
        FieldDescriptor single = type.findFieldByName("schema");
        FieldDescriptor many = type.findFieldByName("jSONSchemas");
        FieldDescriptor names = type.findFieldByName("property");
        FieldDescriptor allows = type.findFieldByName("allows");
        if (single != null && message.hasField(single)) {
            return struct(props, (Message) message.getField(single));
        }
        if (many != null && message.getRepeatedFieldCount(many) > 0) {
            ArrayNode list = NODES.arrayNode();
            for (Object item : (List<?>) message.getField(many)) {
                list.add(struct(props, (Message) item));
            }
            return list;
        }
        if (names != null && message.getRepeatedFieldCount(names) > 0) {
            ArrayNode list = NODES.arrayNode();
            ((List<?>) message.getField(names)).forEach(name -> list.add(String.valueOf(name)));
            return list;
        }
        return allows == null ? NODES.objectNode() : NODES.booleanNode((Boolean) message.getField(allows));
    }

    private static String text(Message message, String name) {
        FieldDescriptor field = message.getDescriptorForType().findFieldByName(name);
        return field == null ? "" : String.valueOf(message.getField(field));
    }

    private static long number(Message message, String name) {
        FieldDescriptor field = message.getDescriptorForType().findFieldByName(name);
        return field != null && message.getField(field) instanceof Number number ? number.longValue() : 0;
    }
}
