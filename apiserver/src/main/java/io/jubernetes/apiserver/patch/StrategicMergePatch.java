package io.jubernetes.apiserver.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.patch.PatchException.Problem;
import io.jubernetes.apiserver.schema.Schema;
import io.jubernetes.apiserver.schema.Schema.Field;
import io.jubernetes.common.codec.Json;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Strategic merge patch: a merge patch that merges lists by the key their schema names, with the directives `$patch`,
/// `$retainKeys`, `$setElementOrder/…` and `$deleteFromPrimitiveList/…`. The format is described in the Kubernetes
/// documentation under "Update API Objects in Place Using kubectl patch".
public final class StrategicMergePatch {
    private static final String PATCH = "$patch";
    private static final String RETAIN_KEYS = "$retainKeys";
    private static final String ELEMENT_ORDER = "$setElementOrder/";
    private static final String DELETE_PRIMITIVES = "$deleteFromPrimitiveList/";

    private StrategicMergePatch() {}

    /// The target with the patch merged in.
    ///
    /// @throws PatchException when a directive is wrong or a list item lacks its merge key
    public static ObjectNode apply(Schema schema, ObjectNode target, ObjectNode patch) throws PatchException {
        return object(schema, target.deepCopy(), patch);
    }

    private static ObjectNode object(@Nullable Schema schema, ObjectNode target, ObjectNode patch)
            throws PatchException {
        ObjectNode result = target;
        switch (directive(patch)) {
            case "replace" -> {
                ObjectNode replaced = patch.deepCopy();
                replaced.remove(PATCH);
                return replaced;
            }
            case "delete" -> {
                return Json.object();
            }
            case "", "merge" -> {}
            default ->
                throw malformed("Unknown patch type found: " + patch.path(PATCH).asText());
        }
        if (patch.get(RETAIN_KEYS) instanceof ArrayNode kept) {
            retain(result, patch, kept);
        }
        for (Map.Entry<String, JsonNode> entry : patch.properties()) {
            String key = entry.getKey();
            if (key.startsWith(DELETE_PRIMITIVES)) {
                deletePrimitives(result, key.substring(DELETE_PRIMITIVES.length()), entry.getValue());
            } else if (!key.startsWith("$")) {
                member(schema, result, key, entry.getValue());
            }
        }
        for (Map.Entry<String, JsonNode> entry : patch.properties()) {
            if (entry.getKey().startsWith(ELEMENT_ORDER) && entry.getValue() instanceof ArrayNode order) {
                String field = entry.getKey().substring(ELEMENT_ORDER.length());
                if (result.get(field) instanceof ArrayNode list) {
                    result.set(field, reorder(list, order, mergeKey(schema, field)));
                }
            }
        }
        return result;
    }

    private static String directive(ObjectNode patch) throws PatchException {
        JsonNode value = patch.get(PATCH);
        if (value == null) {
            return "";
        }
        if (!value.isTextual()) {
            throw malformed("Unknown patch type found: " + value);
        }
        return value.asText();
    }

    private static void member(@Nullable Schema schema, ObjectNode result, String key, JsonNode change)
            throws PatchException {
        if (change.isNull()) {
            result.remove(key);
            return;
        }
        Schema child = schema == null ? null : schema.child(key);
        JsonNode present = result.path(key);
        if (change instanceof ObjectNode changes) {
            if (child != null && child.type() != Schema.Type.STRUCT && child.type() != Schema.Type.MAP) {
                // Content nobody knows the shape of still merges as plain JSON objects do.
                child = null;
            }
            if (directive(changes).equals("delete")) {
                result.remove(key);
                return;
            }
            ObjectNode base = present instanceof ObjectNode existing ? existing : Json.object();
            result.set(key, object(child, base, changes));
        } else if (change instanceof ArrayNode items) {
            result.set(key, list(schema, key, present, items));
        } else {
            result.set(key, change);
        }
    }

    private static ArrayNode list(@Nullable Schema schema, String key, JsonNode present, ArrayNode items)
            throws PatchException {
        Field field = schema == null ? null : schema.field(key);
        if (field == null || !field.patch().contains("merge")) {
            return withoutDirectives(items);
        }
        ArrayNode base = present instanceof ArrayNode existing ? existing : Json.MAPPER.createArrayNode();
        Schema element = field.schema().element();
        String mergeKey = field.mergeKey();
        if (mergeKey == null) {
            return union(base, items);
        }
        for (JsonNode item : items) {
            if (item instanceof ObjectNode entry && directive(entry).equals("replace") && entry.size() == 1) {
                return replacement(items);
            }
        }
        return mergeByKey(element, mergeKey, base, items);
    }

    /// What stays of a list patch that says the whole list is to be replaced: its items without directives.
    private static ArrayNode replacement(ArrayNode items) {
        ArrayNode result = Json.MAPPER.createArrayNode();
        for (JsonNode item : items) {
            if (!item.has(PATCH)) {
                result.add(item);
            }
        }
        return result;
    }

    private static ArrayNode withoutDirectives(ArrayNode items) {
        ArrayNode result = Json.MAPPER.createArrayNode();
        for (JsonNode item : items) {
            if (!(item.isObject() && item.size() == 1 && item.has(PATCH))) {
                result.add(item);
            }
        }
        return result;
    }

    private static ArrayNode union(ArrayNode base, ArrayNode items) {
        Set<JsonNode> all = new LinkedHashSet<>();
        base.forEach(all::add);
        items.forEach(all::add);
        return Json.MAPPER.createArrayNode().addAll(all);
    }

    private static ArrayNode mergeByKey(Schema element, String mergeKey, ArrayNode base, ArrayNode items)
            throws PatchException {
        List<JsonNode> result = new ArrayList<>();
        base.forEach(result::add);
        for (JsonNode item : items) {
            if (!(item instanceof ObjectNode change)) {
                throw malformed("invalid list item: expected an object with the merge key " + mergeKey);
            }
            JsonNode id = change.get(mergeKey);
            if (id == null) {
                throw malformed("map: " + change + " does not contain declared merge key: " + mergeKey);
            }
            int at = position(result, mergeKey, id);
            if (directive(change).equals("delete")) {
                result.removeIf(candidate -> Numbers.sameValue(candidate.path(mergeKey), id));
            } else if (at < 0) {
                result.add(object(element, Json.object(), change));
            } else {
                ObjectNode existing = (ObjectNode) result.get(at);
                result.set(at, object(element, existing, change));
            }
        }
        return Json.MAPPER.createArrayNode().addAll(result);
    }

    private static int position(List<JsonNode> items, String mergeKey, JsonNode id) {
        for (int i = 0; i < items.size(); i++) {
            if (items.get(i).isObject() && Numbers.sameValue(items.get(i).path(mergeKey), id)) {
                return i;
            }
        }
        return -1;
    }

    private static void retain(ObjectNode result, ObjectNode patch, ArrayNode kept) throws PatchException {
        Set<String> names = new LinkedHashSet<>();
        kept.forEach(name -> names.add(name.asText()));
        for (Map.Entry<String, JsonNode> entry : patch.properties()) {
            String key = entry.getKey();
            if (!key.startsWith("$") && !patch.get(key).isNull() && !names.contains(key)) {
                throw malformed("patch has " + key + ", which its $retainKeys list leaves out");
            }
        }
        List<String> gone = new ArrayList<>();
        result.properties().forEach(entry -> {
            if (!names.contains(entry.getKey())) {
                gone.add(entry.getKey());
            }
        });
        result.remove(gone);
    }

    private static void deletePrimitives(ObjectNode result, String field, JsonNode values) throws PatchException {
        if (!(values instanceof ArrayNode unwanted)) {
            throw malformed(DELETE_PRIMITIVES + field + " is not a list");
        }
        if (result.get(field) instanceof ArrayNode list) {
            ArrayNode rest = Json.MAPPER.createArrayNode();
            for (JsonNode item : list) {
                boolean gone = false;
                for (JsonNode value : unwanted) {
                    gone |= Numbers.sameValue(item, value);
                }
                if (!gone) {
                    rest.add(item);
                }
            }
            result.set(field, rest);
        }
    }

    private static @Nullable String mergeKey(@Nullable Schema schema, String field) {
        Field known = schema == null ? null : schema.field(field);
        return known == null ? null : known.mergeKey();
    }

    /// The list in the wished order; items the order does not name keep their place relative to the one before them.
    private static ArrayNode reorder(ArrayNode list, ArrayNode order, @Nullable String mergeKey) {
        List<JsonNode> ordered = new ArrayList<>();
        List<JsonNode> rest = new ArrayList<>();
        list.forEach(rest::add);
        List<JsonNode> named = new ArrayList<>();
        for (JsonNode wanted : order) {
            JsonNode id = mergeKey == null ? wanted : wanted.path(mergeKey);
            rest.stream()
                    .filter(item -> Numbers.sameValue(mergeKey == null ? item : item.path(mergeKey), id))
                    .findFirst()
                    .ifPresent(named::add);
        }
        // Merge the two orders: before each named item come the unnamed ones that stood before it in the list.
        int next = 0;
        for (JsonNode item : list) {
            if (named.contains(item)) {
                ordered.add(named.get(next++));
            } else {
                ordered.add(item);
            }
        }
        return Json.MAPPER.createArrayNode().addAll(ordered);
    }

    private static PatchException malformed(String message) {
        return new PatchException(Problem.MALFORMED, message);
    }
}
