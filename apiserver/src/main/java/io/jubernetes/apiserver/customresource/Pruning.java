package io.jubernetes.apiserver.customresource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Takes out of an object what its schema does not know. One instance prunes one object, in place.
final class Pruning {
    private static final int MAX_REMEMBERED = 100;

    private final List<String> unknown = new ArrayList<>();

    /// The paths of what was taken out.
    List<String> unknown() {
        return unknown;
    }

    /// Prunes a whole object.
    ///
    /// @param schema null when the object's version has none; then nothing but type and metadata stays
    void prune(ObjectNode object, @Nullable Structural schema) {
        fields(object, schema, true, "");
    }

    /// Prunes a value.
    ///
    /// @param resource whether the value is an object of the API, with kind and metadata
    void prune(JsonNode value, @Nullable Structural schema, boolean resource, String path) {
        if (value instanceof ObjectNode object) {
            fields(object, schema, resource, path);
        } else if (value instanceof ArrayNode list) {
            items(list, schema, path);
        }
    }

    private void items(ArrayNode list, @Nullable Structural schema, String path) {
        Structural element = schema == null ? null : schema.items();
        for (int i = 0; i < list.size(); i++) {
            if (element != null) {
                prune(list.get(i), element, element.isEmbedded(), path + "[" + i + "]");
            } else if (schema == null || !schema.preserves()) {
                prune(list.get(i), null, false, path + "[" + i + "]");
            }
        }
    }

    private void fields(ObjectNode object, @Nullable Structural schema, boolean resource, String path) {
        boolean keepsAll = schema != null && (schema.preserves() || schema.allowsAny());
        Structural rest = schema == null ? null : schema.additional();
        for (Iterator<Map.Entry<String, JsonNode>> entries = object.properties().iterator(); entries.hasNext(); ) {
            Map.Entry<String, JsonNode> entry = entries.next();
            String name = entry.getKey();
            if (resource && (name.equals("apiVersion") || name.equals("kind") || name.equals("metadata"))) {
                continue;
            }
            Structural known = schema == null ? null : schema.property(name);
            if (known == null) {
                known = rest;
            }
            if (known != null) {
                prune(entry.getValue(), known, known.isEmbedded(), path.isEmpty() ? name : path + "." + name);
            } else if (!keepsAll) {
                if (unknown.size() < MAX_REMEMBERED) {
                    unknown.add(path.isEmpty() ? name : path + "." + name);
                }
                entries.remove();
            }
        }
    }

    /// Writes whole numbers as such, in place, whatever the client wrote: `6.0` is `6`.
    static void canonical(JsonNode value) {
        if (value instanceof ObjectNode object) {
            for (Map.Entry<String, JsonNode> entry : object.properties()) {
                if (entry.getValue().isFloatingPointNumber()) {
                    entry.setValue(whole(entry.getValue()));
                } else {
                    canonical(entry.getValue());
                }
            }
        } else if (value instanceof ArrayNode list) {
            for (int i = 0; i < list.size(); i++) {
                if (list.get(i).isFloatingPointNumber()) {
                    list.set(i, whole(list.get(i)));
                } else {
                    canonical(list.get(i));
                }
            }
        }
    }

    private static JsonNode whole(JsonNode number) {
        double value = number.doubleValue();
        if (Double.isInfinite(value) || Double.isNaN(value) || Math.abs(value) >= 1e21 || value != Math.rint(value)) {
            return number;
        }
        return Math.abs(value) < 1e18
                ? io.jubernetes.common.codec.Json.MAPPER.getNodeFactory().numberNode((long) value)
                : io.jubernetes.common.codec.Json.MAPPER
                        .getNodeFactory()
                        .numberNode(new BigDecimal(value).toBigInteger());
    }
}
