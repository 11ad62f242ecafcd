package io.jubernetes.apiserver.protobuf;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import io.jubernetes.apiserver.schema.BuiltinTypes;
import io.jubernetes.apiserver.schema.Schema;
import io.jubernetes.common.codec.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Writes trees as the API's protobuf messages. Stateless and thread-safe.
///
/// As upstream's encoder does, it writes the zero values of plain fields (numbers, flags, texts and structs
/// that are not optional), so that a decoded message equals the object it was made of.
public final class ProtobufEncoder {
    /// Fields of a kind that is optional elsewhere, but written even when they say nothing here.
    private static final Set<String> ALWAYS =
            Set.of("meta.v1.ObjectMeta.creationTimestamp", "core.v1.ServicePort.targetPort");

    private static final int METADATA = 1;
    private static final int ITEMS = 2;

    private ProtobufEncoder() {}

    /// Whether a type has a protobuf form.
    public static boolean knows(String type) {
        return ProtobufDescriptors.find(type) != null;
    }

    /// An object's message without envelope.
    ///
    /// @throws IllegalArgumentException when the type has no protobuf form or the tree does not fit it
    public static byte[] message(Schema schema, JsonNode object) {
        Descriptor descriptor = ProtobufDescriptors.find(schema.name());
        if (descriptor == null) {
            throw new IllegalArgumentException("no protobuf message for " + schema.name());
        }
        return struct(schema, descriptor, object).toByteArray();
    }

    /// A message in the envelope every message on the wire has.
    public static byte[] envelope(String apiVersion, String kind, byte[] raw) {
        var out = new ByteArrayOutputStream(raw.length + 64);
        out.writeBytes(ProtobufDecoder.MAGIC);
        try {
            CodedOutputStream coded = CodedOutputStream.newInstance(out);
            byte[] type = bytes(inner -> {
                inner.writeString(1, apiVersion);
                inner.writeString(2, kind);
            });
            coded.writeByteArray(1, type);
            coded.writeByteArray(2, raw);
            coded.writeString(3, "");
            coded.writeString(4, "");
            coded.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    /// A list's message without envelope.
    ///
    /// @param metadata a `ListMeta`
    /// @param items the messages of the objects
    public static byte[] list(JsonNode metadata, List<byte[]> items) {
        byte[] meta = message(BuiltinTypes.get().require("meta.v1.ListMeta"), metadata);
        return bytes(out -> {
            out.writeByteArray(METADATA, meta);
            for (byte[] item : items) {
                out.writeByteArray(ITEMS, item);
            }
        });
    }

    /// One frame of a watch: its length, the type of the event, and the object in its envelope.
    public static byte[] watchFrame(String type, byte[] envelope) {
        byte[] object = bytes(out -> out.writeByteArray(1, envelope));
        byte[] event = bytes(out -> {
            out.writeString(1, type);
            out.writeByteArray(2, object);
        });
        return ByteBuffer.allocate(4 + event.length)
                .putInt(event.length)
                .put(event)
                .array();
    }

    @FunctionalInterface
    private interface Writer {
        void write(CodedOutputStream out) throws IOException;
    }

    private static byte[] bytes(Writer writer) {
        var out = new ByteArrayOutputStream();
        try {
            CodedOutputStream coded = CodedOutputStream.newInstance(out);
            writer.write(coded);
            coded.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    private static Message struct(Schema schema, Descriptor descriptor, JsonNode tree) {
        DynamicMessage.Builder message = DynamicMessage.newBuilder(descriptor);
        for (FieldDescriptor field : descriptor.getFields()) {
            Schema.Field known = ProtobufDecoder.find(schema, field.getName());
            if (known != null) {
                set(message, field, schema.name(), known, tree.path(known.name()));
            } else if (isInline(field)) {
                message.setField(field, struct(schema, field.getMessageType(), tree));
            }
        }
        return message.build();
    }

    /// Whether JSON writes the message's fields among those of its owner: a volume's source, a probe's handler.
    private static boolean isInline(FieldDescriptor field) {
        return field.getJavaType() == FieldDescriptor.JavaType.MESSAGE && !field.isRepeated();
    }

    private static void set(
            DynamicMessage.Builder message, FieldDescriptor field, String owner, Schema.Field known, JsonNode value) {
        Schema schema = known.schema();
        if (field.isMapField()) {
            entries(message, field, schema, value);
        } else if (field.isRepeated()) {
            for (JsonNode item : value) {
                message.addRepeatedField(field, value(schema.element(), field, item));
            }
        } else if (!value.isMissingNode() && !value.isNull()) {
            message.setField(field, value(schema, field, value));
        } else if (isPlain(known) || ALWAYS.contains(owner + "." + known.name())) {
            message.setField(field, zero(schema, field));
        }
    }

    private static void entries(DynamicMessage.Builder message, FieldDescriptor field, Schema schema, JsonNode map) {
        Descriptor type = field.getMessageType();
        var sorted = new TreeMap<String, JsonNode>();
        map.properties().forEach(entry -> sorted.put(entry.getKey(), entry.getValue()));
        sorted.forEach((key, item) -> {
            FieldDescriptor itemField = type.findFieldByNumber(2);
            message.addRepeatedField(
                    field,
                    DynamicMessage.newBuilder(type)
                            .setField(type.findFieldByNumber(1), key)
                            .setField(itemField, value(schema.element(), itemField, item))
                            .build());
        });
    }

    /// Whether a field that says nothing is written all the same, because it cannot be told from its zero value.
    private static boolean isPlain(Schema.Field field) {
        if (field.pointer()) {
            return false;
        }
        JsonNode always = field.alwaysPresent();
        return switch (field.schema().type()) {
            case STRING, BOOL, INT32, INT64, DOUBLE -> true;
            case STRUCT, QUANTITY -> always != null;
            case INT_OR_STRING, TIME, MICRO_TIME -> always != null || field.required();
            case BYTES, LIST, MAP, RAW, ANY, FREE -> false;
        };
    }

    private static Object zero(Schema schema, FieldDescriptor field) {
        return switch (schema.type()) {
            case STRUCT -> struct(schema, field.getMessageType(), Json.object());
            case QUANTITY -> value(schema, field, Json.parse("\"0\""));
            case INT_OR_STRING -> value(schema, field, Json.parse("0"));
            case TIME, MICRO_TIME ->
                DynamicMessage.newBuilder(field.getMessageType()).build();
            default -> field.getDefaultValue();
        };
    }

    private static Object value(Schema schema, FieldDescriptor field, JsonNode value) {
        return switch (field.getJavaType()) {
            case STRING -> value.asText();
            case BOOLEAN -> value.asBoolean();
            case INT -> value.intValue();
            case LONG -> value.longValue();
            case DOUBLE -> value.doubleValue();
            case FLOAT -> value.floatValue();
            case BYTE_STRING -> ByteString.copyFrom(Base64.getMimeDecoder().decode(value.asText()));
            case MESSAGE -> message(schema, field.getMessageType(), value);
            case ENUM -> throw new IllegalArgumentException("enumeration in " + field.getFullName());
        };
    }

    private static Message message(Schema schema, Descriptor type, JsonNode value) {
        DynamicMessage.Builder message = DynamicMessage.newBuilder(type);
        switch (schema.type()) {
            case STRUCT -> {
                return struct(schema, type, value);
            }
            case QUANTITY -> put(message, "string", value.asText());
            case TIME, MICRO_TIME -> time(message, value.asText());
            case INT_OR_STRING -> {
                put(message, "type", value.isTextual() ? 1L : 0L);
                put(message, "intVal", value.isTextual() ? 0 : value.intValue());
                put(message, "strVal", value.isTextual() ? value.asText() : "");
            }
            case LIST -> {
                FieldDescriptor items = type.findFieldByName("items");
                for (JsonNode item : value) {
                    message.addRepeatedField(items, value(schema.element(), items, item));
                }
            }
            case RAW, ANY, FREE -> raw(message, type, value);
            default -> throw new IllegalArgumentException("unexpected message " + type.getFullName());
        }
        return message.build();
    }

    private static void put(DynamicMessage.Builder message, String name, Object value) {
        FieldDescriptor field = message.getDescriptorForType().findFieldByName(name);
        if (field != null) {
            message.setField(field, value);
        }
    }

    private static void time(DynamicMessage.Builder message, String text) {
        Instant time = instant(text);
        if (time != null) {
            put(message, "seconds", time.getEpochSecond());
            put(message, "nanos", time.getNano());
        }
    }

    private static @Nullable Instant instant(String text) {
        try {
            return text.isEmpty() ? null : OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeParseException e) {
            throw new IllegalArgumentException("not a time: " + text, e);
        }
    }

    /// Messages that carry JSON as bytes, and the unions of a JSON schema.
    private static void raw(DynamicMessage.Builder message, Descriptor type, JsonNode value) {
        for (FieldDescriptor field : type.getFields()) {
            if (field.getJavaType() == FieldDescriptor.JavaType.BYTE_STRING) {
                message.setField(field, ByteString.copyFrom(Json.bytes(value)));
                return;
            }
        }
        Schema props = BuiltinTypes.get().require("apiextensions.v1.JSONSchemaProps");
        FieldDescriptor single = type.findFieldByName("schema");
        FieldDescriptor many = type.findFieldByName("jSONSchemas");
        FieldDescriptor names = type.findFieldByName("property");
        FieldDescriptor allows = type.findFieldByName("allows");
        if (allows != null) {
            message.setField(allows, !value.isBoolean() || value.booleanValue());
        }
        if (value.isObject() && single != null) {
            message.setField(single, struct(props, single.getMessageType(), value));
        } else if (value.isArray() && names != null) {
            value.forEach(name -> message.addRepeatedField(names, name.asText()));
        } else if (value.isArray() && many != null) {
            value.forEach(
                    item -> message.addRepeatedField(many, struct(props, many.getMessageType(), (ObjectNode) item)));
        }
    }
}
