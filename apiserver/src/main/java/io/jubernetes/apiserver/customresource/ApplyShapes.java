package io.jubernetes.apiserver.customresource;

import io.jubernetes.apiserver.schema.BuiltinTypes;
import io.jubernetes.apiserver.schema.Schema;
import io.jubernetes.apiserver.schema.Schema.Field;
import io.jubernetes.apiserver.schema.Schema.ListType;
import io.jubernetes.apiserver.schema.Schema.Type;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/// Makes the shape that server-side apply and field ownership work with from a definition's schema.
final class ApplyShapes {
    private static final Schema STRING = Schema.of(Type.STRING);
    private static final Schema FREE = Schema.of(Type.FREE);

    private ApplyShapes() {}

    /// The shape of a kind's objects.
    ///
    /// @param name as of `core.v1.Pod`
    static Schema root(String name, Structural schema) {
        Map<String, Field> fields = fields(schema);
        fields.put("apiVersion", Field.of("apiVersion", STRING, null));
        fields.put("kind", Field.of("kind", STRING, null));
        fields.put("metadata", Field.of("metadata", BuiltinTypes.get().require("meta.v1.ObjectMeta"), null));
        return Schema.structOf(name, schema.isAtomicMap(), fields, schema.preserves() ? FREE : null);
    }

    private static Map<String, Field> fields(Structural schema) {
        Map<String, Field> fields = new LinkedHashMap<>();
        schema.properties()
                .forEach((name, property) -> fields.put(name, Field.of(name, of(property), property.fallback())));
        return fields;
    }

    private static Schema of(Structural schema) {
        if (schema.isIntOrString()) {
            return Schema.of(Type.INT_OR_STRING);
        }
        return switch (schema.type()) {
            case "object" -> object(schema);
            case "array" -> list(schema);
            case "string" -> STRING;
            case "boolean" -> Schema.of(Type.BOOL);
            case "integer" -> Schema.of(Type.INT64);
            case "number" -> Schema.of(Type.DOUBLE);
            default -> FREE;
        };
    }

    private static Schema object(Structural schema) {
        if (schema.isEmbedded()) {
            Map<String, Field> fields = fields(schema);
            fields.put("apiVersion", Field.of("apiVersion", STRING, null));
            fields.put("kind", Field.of("kind", STRING, null));
            fields.put("metadata", Field.of("metadata", BuiltinTypes.get().require("meta.v1.ObjectMeta"), null));
            return Schema.structOf("", schema.isAtomicMap(), fields, schema.preserves() ? FREE : null);
        }
        Structural rest = schema.additional();
        if (rest != null) {
            return Schema.mapOf(of(rest), schema.isAtomicMap());
        }
        if (schema.properties().isEmpty() && (schema.preserves() || schema.allowsAny())) {
            return schema.isAtomicMap() ? Schema.of(Type.ANY) : FREE;
        }
        return Schema.structOf("", schema.isAtomicMap(), fields(schema), schema.preserves() ? FREE : null);
    }

    private static Schema list(Structural schema) {
        Structural items = schema.items();
        Schema element = items == null ? FREE : of(items);
        ListType type = ListType.valueOf(schema.listType().toUpperCase(Locale.ROOT));
        return Schema.listOf(element, type, schema.mapKeys());
    }
}
