package io.jubernetes.apiserver.openapi;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.common.codec.Json;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/// Makes the published schema of a custom kind from its definition.
final class CustomSchemas {
    private static final Set<String> V3_ONLY = Set.of("oneOf", "anyOf", "not", "nullable");

    private final boolean v2;
    private final Supplier<JsonNode> metadata;

    private CustomSchemas(boolean v2, Supplier<JsonNode> metadata) {
        this.v2 = v2;
        this.metadata = metadata;
    }

    /// @param schema as the definition has it; not changed
    /// @param v2 whether it is for a document of OpenAPI v2, which knows less
    /// @param metadata makes the schema of an object's metadata
    static ObjectNode document(JsonNode schema, boolean v2, Supplier<JsonNode> metadata) {
        return new CustomSchemas(v2, metadata).root(schema);
    }

    private ObjectNode root(JsonNode schema) {
        ObjectNode root = convert(schema) instanceof ObjectNode object ? object : Json.object();
        if (schema.path("x-kubernetes-preserve-unknown-fields").asBoolean(false)
                && schema.path("properties").isEmpty()) {
            root = Json.object().put("type", "object").put("x-kubernetes-preserve-unknown-fields", true);
        }
        addMetadata(root);
        return root;
    }

    private void addMetadata(ObjectNode node) {
        ObjectNode properties =
                node.get("properties") instanceof ObjectNode present ? present : node.putObject("properties");
        for (String name : List.of("apiVersion", "kind")) {
            Definitions.described(properties.putObject(name).put("type", "string"), name);
        }
        properties.set("metadata", metadata.get());
    }

    private JsonNode convert(JsonNode schema) {
        if (!(schema instanceof ObjectNode)) {
            return schema;
        }
        ObjectNode copy = Json.object();
        schema.properties().forEach(entry -> {
            if (v2 && V3_ONLY.contains(entry.getKey())) {
                return;
            }
            switch (entry.getKey()) {
                case "properties" -> {
                    ObjectNode properties = copy.putObject("properties");
                    entry.getValue()
                            .properties()
                            .forEach(property -> properties.set(property.getKey(), convert(property.getValue())));
                }
                case "items", "additionalProperties", "not" -> copy.set(entry.getKey(), convert(entry.getValue()));
                case "allOf", "anyOf", "oneOf" -> {
                    ArrayNode list = copy.putArray(entry.getKey());
                    entry.getValue().forEach(one -> list.add(convert(one)));
                }
                default -> copy.set(entry.getKey(), entry.getValue().deepCopy());
            }
        });
        if (v2 && schema.path("nullable").asBoolean(false)) {
            // The old documents cannot say that a value may be null: what it is stays open.
            copy.remove(List.of("type", "properties", "items", "additionalProperties"));
        }
        if (!v2
                && copy.path("x-kubernetes-int-or-string").asBoolean(false)
                && !copy.has("anyOf")
                && !copy.has("allOf")) {
            ArrayNode choices = copy.putArray("anyOf");
            choices.addObject().put("type", "integer");
            choices.addObject().put("type", "string");
        }
        if (copy.path("x-kubernetes-embedded-resource").asBoolean(false)) {
            addMetadata(copy);
        }
        return copy;
    }
}
