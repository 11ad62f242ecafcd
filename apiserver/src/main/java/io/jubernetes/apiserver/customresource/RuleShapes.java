package io.jubernetes.apiserver.customresource;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.ByteString;
import dev.cel.common.types.SimpleType;
import io.jubernetes.common.cel.CelNames;
import io.jubernetes.common.cel.CelNull;
import io.jubernetes.common.cel.CelShape;
import io.jubernetes.common.cel.SchemaList;
import io.jubernetes.common.cel.SchemaMap;
import io.jubernetes.common.codec.GoDuration;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// How schemas and values look to validation rules.
final class RuleShapes {
    private static final Structural META = Structural.of(
            io.jubernetes.common.codec.Json.parse(
                    "{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"},\"generateName\":{\"type\":\"string\"}}}"));
    private static final Structural TEXT =
            Structural.of(io.jubernetes.common.codec.Json.parse("{\"type\":\"string\"}"));

    private RuleShapes() {}

    /// The shape of a schema's values; null when rules cannot reach them.
    ///
    /// @param path of the schema, which makes the names of types unique
    /// @param resource whether an object of the API stands there
    static @Nullable CelShape shape(Structural schema, String path, boolean resource) {
        if (schema.isIntOrString()) {
            return CelShape.DYN;
        }
        return switch (schema.type()) {
            case "array" -> list(schema, path);
            case "object" -> schema.additional() != null ? map(schema, path) : object(schema, path, resource);
            case "string" -> text(schema);
            case "boolean" -> CelShape.BOOL;
            case "number" -> CelShape.DOUBLE;
            case "integer" -> CelShape.INT;
            default -> null;
        };
    }

    private static @Nullable CelShape list(Structural schema, String path) {
        Structural items = schema.items();
        CelShape element = items == null ? null : shape(items, path + ".@items", items.isEmbedded());
        if (element == null) {
            return null;
        }
        return CelShape.list(element, limit(schema, "maxItems", (CelShape.MAX_REQUEST - 2) / (element.minSize() + 1)));
    }

    private static @Nullable CelShape map(Structural schema, String path) {
        Structural values = schema.additional();
        CelShape value = values == null ? null : shape(values, path + ".@values", values.isEmbedded());
        if (value == null) {
            return null;
        }
        return CelShape.map(value, limit(schema, "maxProperties", (CelShape.MAX_REQUEST - 2) / (value.minSize() + 6)));
    }

    private static long limit(Structural schema, String keyword, long otherwise) {
        JsonNode limit = schema.limit(keyword);
        return limit == null ? otherwise : Math.max(0, limit.asLong());
    }

    private static CelShape object(Structural schema, String path, boolean resource) {
        Map<String, Structural> properties = new LinkedHashMap<>(schema.properties());
        if (resource) {
            properties.put("apiVersion", TEXT);
            properties.put("kind", TEXT);
            properties.put("metadata", META);
        }
        Map<String, CelShape> fields = new LinkedHashMap<>();
        long size = 2;
        for (Map.Entry<String, Structural> entry : properties.entrySet()) {
            Structural property = entry.getValue();
            CelShape shape = shape(property, path + "." + entry.getKey(), property.isEmbedded());
            if (shape == null) {
                continue;
            }
            CelNames.escape(entry.getKey()).ifPresent(name -> fields.put(name, shape));
            fields.putIfAbsent(entry.getKey(), shape);
            if (schema.required().contains(entry.getKey()) && property.fallback() == null) {
                size += entry.getKey().length() + shape.minSize() + 4;
            }
        }
        return CelShape.object("object" + path, fields, size);
    }

    private static CelShape text(Structural schema) {
        long most = CelShape.MAX_REQUEST - 2;
        JsonNode length = schema.limit("maxLength");
        return switch (schema.format()) {
            case "byte" -> CelShape.simple(SimpleType.BYTES, length == null ? most : length.asLong(), 2);
            case "duration" -> CelShape.simple(SimpleType.DURATION, 32, 4);
            case "date" -> CelShape.simple(SimpleType.TIMESTAMP, 12, 12);
            case "date-time" -> CelShape.simple(SimpleType.TIMESTAMP, 29, 22);
            default -> {
                if (length != null) {
                    yield CelShape.string(Math.max(0, length.asLong()) * 4);
                }
                long longest = schema.values().stream()
                        .mapToLong(value -> value.asText().length())
                        .max()
                        .orElse(-1);
                yield CelShape.string(longest >= 0 ? longest : most);
            }
        };
    }

    /// A value as rules see it.
    static Object value(@Nullable Structural schema, JsonNode value, boolean resource) {
        return switch (value.getNodeType()) {
            case NULL, MISSING -> CelNull.NULL;
            case BOOLEAN -> value.booleanValue();
            case NUMBER -> {
                boolean real = schema != null && schema.type().equals("number") || !value.isIntegralNumber();
                yield real ? (Object) value.doubleValue() : (Object) value.longValue();
            }
            case ARRAY -> list(schema, value);
            case OBJECT, POJO -> members(schema, value, resource);
            default -> text(schema, value.asText());
        };
    }

    private static Object text(@Nullable Structural schema, String text) {
        String format = schema == null || schema.isIntOrString() ? "" : schema.format();
        try {
            return switch (format) {
                case "byte" -> ByteString.copyFrom(Base64.getDecoder().decode(text));
                case "duration" ->
                    GoDuration.find(text).<Object>map(found -> found).orElse(text);
                case "date" -> LocalDate.parse(text).atStartOfDay().toInstant(ZoneOffset.UTC);
                case "date-time" -> instant(text);
                default -> text;
            };
        } catch (DateTimeException | IllegalArgumentException e) {
            return text;
        }
    }

    private static Instant instant(String text) {
        return OffsetDateTime.parse(text).toInstant();
    }

    private static Object list(@Nullable Structural schema, JsonNode value) {
        Structural items = schema == null ? null : schema.items();
        return new SchemaList(
                value.size(),
                index -> value(items, value.get(index), items != null && items.isEmbedded()),
                SchemaList.Kind.valueOf(
                        schema == null ? "ATOMIC" : schema.listType().toUpperCase(Locale.ROOT)),
                schema == null
                        ? java.util.List.of()
                        : schema.mapKeys().stream()
                                .map(key -> CelNames.escape(key).orElse(key))
                                .toList());
    }

    private static Object members(@Nullable Structural schema, JsonNode value, boolean resource) {
        Map<String, String> names = new LinkedHashMap<>();
        boolean map = schema == null || schema.additional() != null;
        value.fieldNames().forEachRemaining(name -> {
            boolean known = map || schema != null && property(schema, name, resource) != null;
            if (known) {
                names.put(map ? name : CelNames.escape(name).orElse(name), name);
            }
        });
        return new SchemaMap(names.keySet(), shown -> {
            String name = names.getOrDefault(shown, shown);
            Structural below = schema == null ? null : property(schema, name, resource);
            if (below == null && schema != null) {
                below = schema.additional();
            }
            return value(below, value.path(name), below != null && below.isEmbedded());
        });
    }

    private static @Nullable Structural property(Structural schema, String name, boolean resource) {
        if (resource) {
            switch (name) {
                case "apiVersion", "kind" -> {
                    return TEXT;
                }
                case "metadata" -> {
                    return META;
                }
                default -> {}
            }
        }
        return schema.property(name);
    }
}
