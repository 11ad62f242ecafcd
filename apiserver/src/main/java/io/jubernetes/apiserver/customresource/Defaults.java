package io.jubernetes.apiserver.customresource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Iterator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Fills in a schema's defaults, and takes away nulls where the schema allows none.
final class Defaults {
    private Defaults() {}

    /// Fills in defaults, in place.
    static void apply(JsonNode value, @Nullable Structural schema) {
        if (schema == null) {
            return;
        }
        if (value instanceof ObjectNode object) {
            for (Map.Entry<String, Structural> entry : schema.properties().entrySet()) {
                JsonNode fallback = entry.getValue().fallback();
                JsonNode present = object.get(entry.getKey());
                if (fallback != null
                        && (present == null
                                || present.isNull() && !entry.getValue().nullable())) {
                    object.set(entry.getKey(), fallback.deepCopy());
                }
            }
            Structural rest = schema.additional();
            for (Map.Entry<String, JsonNode> entry : object.properties()) {
                Structural known = schema.property(entry.getKey());
                if (known == null && rest != null) {
                    if (isWrongNull(entry.getValue(), rest) && rest.fallback() instanceof JsonNode fallback) {
                        entry.setValue(fallback.deepCopy());
                    }
                    known = rest;
                }
                apply(entry.getValue(), known);
            }
        } else if (value instanceof ArrayNode list && schema.items() instanceof Structural element) {
            for (int i = 0; i < list.size(); i++) {
                if (isWrongNull(list.get(i), element) && element.fallback() instanceof JsonNode fallback) {
                    list.set(i, fallback.deepCopy());
                }
                apply(list.get(i), element);
            }
        }
    }

    private static boolean isWrongNull(JsonNode value, Structural schema) {
        return value.isNull() && !schema.nullable();
    }

    /// Takes away null members that may not be null and have no default, in place.
    static void dropNulls(JsonNode value, @Nullable Structural schema) {
        if (schema == null) {
            return;
        }
        if (value instanceof ObjectNode object) {
            for (Iterator<Map.Entry<String, JsonNode>> entries =
                            object.properties().iterator();
                    entries.hasNext(); ) {
                Map.Entry<String, JsonNode> entry = entries.next();
                Structural known = schema.property(entry.getKey());
                if (known == null) {
                    known = schema.additional();
                }
                if (known == null) {
                    continue;
                }
                if (isWrongNull(entry.getValue(), known) && known.fallback() == null && !known.preserves()) {
                    entries.remove();
                } else {
                    dropNulls(entry.getValue(), known);
                }
            }
        } else if (value instanceof ArrayNode list) {
            list.forEach(item -> dropNulls(item, schema.items()));
        }
    }
}
