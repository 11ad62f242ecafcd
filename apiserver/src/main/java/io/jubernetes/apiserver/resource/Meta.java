package io.jubernetes.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.common.codec.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Reads and writes an object's metadata.
public final class Meta {
    private Meta() {}

    /// The object's metadata, made when it has none.
    public static ObjectNode of(ObjectNode object) {
        return object.get("metadata") instanceof ObjectNode meta ? meta : object.putObject("metadata");
    }

    private static final List<String> ORDER = List.of(
            "name",
            "generateName",
            "namespace",
            "selfLink",
            "uid",
            "resourceVersion",
            "generation",
            "creationTimestamp",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
            "labels",
            "annotations",
            "ownerReferences",
            "finalizers",
            "managedFields");

    /// Brings the metadata into the order the API writes it in.
    static void order(ObjectNode object) {
        ObjectNode meta = of(object);
        ObjectNode ordered = Json.object();
        for (String field : ORDER) {
            JsonNode value = meta.get(field);
            if (value != null) {
                ordered.set(field, value);
            }
        }
        meta.properties().forEach(entry -> {
            if (!ordered.has(entry.getKey())) {
                ordered.set(entry.getKey(), entry.getValue());
            }
        });
        meta.removeAll();
        meta.setAll(ordered);
    }

    public static String name(JsonNode object) {
        return object.path("metadata").path("name").asText("");
    }

    public static String namespace(JsonNode object) {
        return object.path("metadata").path("namespace").asText("");
    }

    public static String uid(JsonNode object) {
        return object.path("metadata").path("uid").asText("");
    }

    public static String resourceVersion(JsonNode object) {
        return object.path("metadata").path("resourceVersion").asText("");
    }

    public static long generation(JsonNode object) {
        return object.path("metadata").path("generation").asLong(0);
    }

    public static boolean isTerminating(JsonNode object) {
        return object.path("metadata").hasNonNull("deletionTimestamp");
    }

    public static Map<String, String> labels(JsonNode object) {
        return strings(object.path("metadata").path("labels"));
    }

    public static Map<String, String> annotations(JsonNode object) {
        return strings(object.path("metadata").path("annotations"));
    }

    /// A map of strings as it stands in a tree.
    public static Map<String, String> strings(JsonNode map) {
        if (map.isEmpty()) {
            return Map.of();
        }
        Map<String, String> result = new LinkedHashMap<>();
        map.properties()
                .forEach(entry -> result.put(entry.getKey(), entry.getValue().asText()));
        return result;
    }

    /// A list of strings as it stands in a tree.
    public static List<String> texts(JsonNode list) {
        return list.valueStream().map(JsonNode::asText).toList();
    }

    public static List<String> finalizers(JsonNode object) {
        List<String> result = new ArrayList<>();
        object.path("metadata").path("finalizers").forEach(value -> result.add(value.asText()));
        return result;
    }

    public static void setFinalizers(ObjectNode object, List<String> finalizers) {
        if (finalizers.isEmpty()) {
            of(object).remove("finalizers");
        } else {
            ArrayNode list = of(object).putArray("finalizers");
            finalizers.forEach(list::add);
        }
    }

    /// The value at a dotted path; a missing node when there is none.
    public static JsonNode at(JsonNode object, String... path) {
        JsonNode node = object;
        for (String part : path) {
            node = node.path(part);
        }
        return node;
    }

    /// The struct below a field, made when there is none.
    public static ObjectNode child(ObjectNode object, String field) {
        return object.get(field) instanceof ObjectNode node ? node : object.putObject(field);
    }

    /// Sets a text when the field is absent or empty.
    public static void defaultTo(ObjectNode object, String field, String value) {
        if (object.path(field).asText("").isEmpty()) {
            object.put(field, value);
        }
    }

    /// Sets a number when the field is absent.
    public static void defaultTo(ObjectNode object, String field, long value) {
        if (!object.hasNonNull(field)) {
            object.put(field, value);
        }
    }

    /// Sets a flag when the field is absent.
    public static void defaultTo(ObjectNode object, String field, boolean value) {
        if (!object.hasNonNull(field)) {
            object.put(field, value);
        }
    }

    /// The objects of a list field.
    public static List<ObjectNode> items(JsonNode object, String field) {
        List<ObjectNode> result = new ArrayList<>();
        for (JsonNode item : object.path(field)) {
            if (item instanceof ObjectNode node) {
                result.add(node);
            }
        }
        return result;
    }

    /// Whether two trees mean the same: a number read from JSON equals the one that code has set, whatever its width.
    public static boolean same(JsonNode left, JsonNode right) {
        return left.equals(
                (a, b) -> {
                    if (a.isIntegralNumber() && b.isIntegralNumber()) {
                        return a.bigIntegerValue().compareTo(b.bigIntegerValue());
                    }
                    return a.isNumber() && b.isNumber()
                            ? Double.compare(a.doubleValue(), b.doubleValue())
                            : a.equals(b) ? 0 : 1;
                },
                right);
    }

    static ObjectNode copy(JsonNode object) {
        return object instanceof ObjectNode node ? node.deepCopy() : Json.object();
    }
}
