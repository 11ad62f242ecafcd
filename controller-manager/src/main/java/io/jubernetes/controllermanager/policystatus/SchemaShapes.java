package io.jubernetes.controllermanager.policystatus;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cel.common.types.SimpleType;
import io.jubernetes.common.cel.CelNames;
import io.jubernetes.common.cel.CelShape;
import io.jubernetes.common.codec.Json;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Makes types of expressions from the schemas of an OpenAPI v3 document. Sizes are left unknown: nothing is run, so
/// nothing costs. Not thread-safe.
final class SchemaShapes {
    private static final JsonNode META = Json.parse(
            "{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"},\"generateName\":{\"type\":\"string\"}}}");
    private static final JsonNode TEXT = Json.parse("{\"type\":\"string\"}");

    private final JsonNode schemas;

    /// The references on the way to the current place: a schema may contain itself.
    private final Set<String> open = new HashSet<>();

    private final String prefix;
    private int objects;

    /// @param schemas by their names, for references
    /// @param prefix of the names of types, different for any two kinds that one expression may use
    SchemaShapes(JsonNode schemas, String prefix) {
        this.schemas = schemas;
        this.prefix = prefix;
    }

    /// The type of a kind's objects; empty when its schema says nothing.
    Optional<CelShape> root(JsonNode schema) {
        return shape(withIdentity(schema));
    }

    /// Every object has its type and a name, even when its schema does not say so.
    private static JsonNode withIdentity(JsonNode schema) {
        JsonNode properties = schema.path("properties");
        if (properties.has("kind") && properties.has("apiVersion") && properties.has("metadata")) {
            return schema;
        }
        ObjectNode complete = schema.deepCopy();
        ObjectNode all = complete.withObjectProperty("properties");
        all.set("apiVersion", TEXT);
        all.set("kind", TEXT);
        all.set("metadata", META);
        return complete.put("type", "object");
    }

    private Optional<CelShape> shape(JsonNode schema) {
        String reference = reference(schema);
        if (!reference.isEmpty()) {
            return referred(reference);
        }
        if (schema.path("x-kubernetes-int-or-string").asBoolean(false)
                || schema.path("format").asText("").equals("int-or-string")) {
            return Optional.of(CelShape.DYN);
        }
        boolean embedded = schema.path("x-kubernetes-embedded-resource").asBoolean(false);
        return switch (schema.path("type").asText("")) {
            case "array" -> shape(schema.path("items")).map(items -> CelShape.list(items, CelShape.UNKNOWN));
            case "object" -> object(embedded ? withIdentity(schema) : schema);
            case "string" -> Optional.of(text(schema.path("format").asText("")));
            case "boolean" -> Optional.of(CelShape.BOOL);
            case "number" -> Optional.of(CelShape.DOUBLE);
            case "integer" -> Optional.of(CelShape.INT);
            default -> schema.has("oneOf") ? Optional.of(CelShape.DYN) : Optional.empty();
        };
    }

    /// The name of the schema that stands for this one, alone or in an `allOf` of one; empty when it is none.
    private static String reference(JsonNode schema) {
        JsonNode all = schema.path("allOf");
        JsonNode at = all.size() == 1 ? all.path(0) : schema;
        String reference = at.path("$ref").asText("");
        return reference.substring(reference.lastIndexOf('/') + 1);
    }

    private Optional<CelShape> referred(String name) {
        if (!open.add(name)) {
            return Optional.of(CelShape.DYN);
        }
        try {
            return shape(schemas.path(name));
        } finally {
            open.remove(name);
        }
    }

    private Optional<CelShape> object(JsonNode schema) {
        if (schema.path("additionalProperties").isObject()) {
            return shape(schema.path("additionalProperties")).map(value -> CelShape.map(value, CelShape.UNKNOWN));
        }
        Map<String, CelShape> fields = new LinkedHashMap<>();
        schema.path("properties")
                .properties()
                .forEach(property -> shape(property.getValue())
                        .ifPresent(shape ->
                                CelNames.escape(property.getKey()).ifPresent(name -> fields.put(name, shape))));
        return Optional.of(CelShape.object(prefix + objects++, fields, 2));
    }

    private static CelShape text(String format) {
        return switch (format) {
            case "byte" -> CelShape.simple(SimpleType.BYTES, CelShape.UNKNOWN, 2);
            case "duration" -> CelShape.simple(SimpleType.DURATION, CelShape.UNKNOWN, 2);
            case "date", "date-time" -> CelShape.simple(SimpleType.TIMESTAMP, CelShape.UNKNOWN, 2);
            default -> CelShape.string(CelShape.UNKNOWN);
        };
    }
}
