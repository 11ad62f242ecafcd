package io.jubernetes.apiserver.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.patch.PatchException.Problem;
import io.jubernetes.apiserver.schema.Schema;
import io.jubernetes.apiserver.schema.Schema.Field;
import io.jubernetes.common.codec.Json;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Strategic merge patch: a merge patch that merges lists by the key their schema names, with the directives `$patch`,
/// `$retainKeys`, `$setElementOrder/…` and `$deleteFromPrimitiveList/…`. The format is described in the Kubernetes
/// documentation under "Update API Objects in Place Using kubectl patch".
///
/// What the target does not have yet is taken from the patch as it is, directives included: decoding then finds them
/// to be unknown fields, as upstream's does.
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
        return object(schema, target.deepCopy(), patch.deepCopy());
    }

    /// Merges in place; both trees are the callee's.
    private static ObjectNode object(@Nullable Schema schema, ObjectNode target, ObjectNode patch)
            throws PatchException {
        JsonNode directive = patch.get(PATCH);
        if (directive != null) {
            return whole(directive, patch);
        }
        retainKeys(target, patch);
        Set<String> ordered = ordered(schema, target, patch);
        for (Map.Entry<String, JsonNode> entry : patch.properties()) {
            String key = entry.getKey();
            if (key.startsWith(DELETE_PRIMITIVES)) {
                deletePrimitives(schema, target, key.substring(DELETE_PRIMITIVES.length()), entry.getValue());
            } else if (!ordered.contains(key)) {
                member(schema, target, key, entry.getValue());
            }
        }
        return target;
    }

    private static ObjectNode whole(JsonNode directive, ObjectNode patch) throws PatchException {
        String name = directive.asText();
        if (name.equals("replace")) {
            patch.remove(PATCH);
            return patch;
        }
        if (name.equals("delete")) {
            return Json.object();
        }
        throw unknownDirective(directive, patch);
    }

    private static void retainKeys(ObjectNode target, ObjectNode patch) throws PatchException {
        JsonNode directive = patch.remove(RETAIN_KEYS);
        if (directive == null) {
            return;
        }
        Set<String> kept = new HashSet<>();
        boolean complete = directive.isArray();
        directive.forEach(name -> kept.add(name.isTextual() ? name.asText() : ""));
        for (Map.Entry<String, JsonNode> entry : patch.properties()) {
            String key = entry.getKey();
            complete &= entry.getValue().isNull()
                    || key.startsWith(DELETE_PRIMITIVES)
                    || key.startsWith(ELEMENT_ORDER)
                    || kept.contains(key);
        }
        if (!complete) {
            throw new PatchException(Problem.MALFORMED, "invalid patch format of retainKeys");
        }
        target.retain(kept);
    }

    /// Merges the lists whose order the patch prescribes, and returns the keys that are done with.
    private static Set<String> ordered(@Nullable Schema schema, ObjectNode target, ObjectNode patch)
            throws PatchException {
        Set<String> done = new HashSet<>();
        for (Map.Entry<String, JsonNode> entry : patch.properties()) {
            if (!entry.getKey().startsWith(ELEMENT_ORDER)) {
                continue;
            }
            String key = entry.getKey().substring(ELEMENT_ORDER.length());
            List<JsonNode> order = list(entry.getValue());
            JsonNode live = target.get(key);
            JsonNode change = patch.get(key);
            List<JsonNode> before = live == null ? List.of() : list(live);
            List<JsonNode> items = change == null ? List.of() : list(change);
            done.add(entry.getKey());
            done.add(key);
            String mergeKey = mergeKey(schema, key);
            checkOrder(items, order, mergeKey);
            if (live == null && change == null) {
                continue;
            }
            List<JsonNode> merged =
                    live == null ? items : change == null ? before : merge(schema, key, before, items, false);
            checkKeys(merged, mergeKey);
            target.set(key, array(new ElementOrder(mergeKey).arrange(merged, order, before)));
        }
        return done;
    }

    private static void checkOrder(List<JsonNode> items, List<JsonNode> order, @Nullable String mergeKey)
            throws PatchException {
        List<JsonNode> staying = items.stream()
                .filter(item -> !item.path(PATCH).asText("").equals("delete"))
                .toList();
        if (!new ElementOrder(mergeKey).agrees(staying, order)) {
            throw unexpected("The order in patch list:\n" + GoText.of(array(items))
                    + "\n doesn't match $setElementOrder" + " list:\n" + GoText.of(array(order)) + "\n");
        }
    }

    private static void checkKeys(List<JsonNode> items, @Nullable String mergeKey) throws PatchException {
        if (mergeKey == null) {
            return;
        }
        for (JsonNode item : items) {
            if (!item.isObject()) {
                throw wrongType("map[string]interface {}", item);
            }
            if (!item.has(mergeKey)) {
                throw noMergeKey(item, mergeKey);
            }
        }
    }

    private static List<JsonNode> list(JsonNode value) throws PatchException {
        if (!value.isArray()) {
            throw wrongType("[]interface {}", value);
        }
        List<JsonNode> items = new ArrayList<>();
        value.forEach(items::add);
        return items;
    }

    private static void deletePrimitives(@Nullable Schema schema, ObjectNode target, String key, JsonNode values)
            throws PatchException {
        if (values.isNull()) {
            target.remove(key);
        } else if (target.get(key) instanceof ArrayNode live && values.isArray()) {
            target.set(key, array(merge(schema, key, list(live), list(values), true)));
        }
    }

    private static void member(@Nullable Schema schema, ObjectNode target, String key, JsonNode change)
            throws PatchException {
        if (change.isNull()) {
            target.remove(key);
            return;
        }
        JsonNode live = target.get(key);
        if (live instanceof ObjectNode before && change instanceof ObjectNode changes) {
            Field field = schema == null ? null : schema.field(key);
            boolean replace = field != null && field.patch().contains("replace");
            target.set(key, replace ? changes : object(schema == null ? null : schema.child(key), before, changes));
        } else if (live instanceof ArrayNode before && change instanceof ArrayNode items) {
            target.set(key, array(merge(schema, key, list(before), list(items), false)));
        } else {
            target.set(key, withoutNulls(change));
        }
    }

    /// What is new: nulls in it have nothing to remove.
    private static JsonNode withoutNulls(JsonNode value) {
        if (value instanceof ObjectNode object) {
            List<String> nulls = new ArrayList<>();
            object.properties().forEach(entry -> {
                if (entry.getValue().isNull()) {
                    nulls.add(entry.getKey());
                } else {
                    withoutNulls(entry.getValue());
                }
            });
            object.remove(nulls);
        } else if (value.isArray()) {
            value.forEach(StrategicMergePatch::withoutNulls);
        }
        return value;
    }

    /// Merges two lists as their field's strategy says.
    private static List<JsonNode> merge(
            @Nullable Schema schema, String key, List<JsonNode> live, List<JsonNode> items, boolean delete)
            throws PatchException {
        Field field = schema == null ? null : schema.field(key);
        if (field == null || !field.patch().contains("merge")) {
            return items;
        }
        if (live.isEmpty() && items.isEmpty()) {
            return live;
        }
        checkSameType(live, items);
        JsonNode sample = live.isEmpty() ? items.getFirst() : live.getFirst();
        if (!sample.isObject()) {
            return primitives(live, items, delete);
        }
        String mergeKey = field.mergeKey();
        if (mergeKey == null) {
            throw unexpected("cannot merge lists without merge key for " + key);
        }
        List<JsonNode> plain = new ArrayList<>();
        List<JsonNode> base = special(live, items, mergeKey, plain);
        List<JsonNode> before = List.copyOf(base);
        List<JsonNode> merged = objects(field.schema().element(), mergeKey, base, plain);
        checkKeys(merged, mergeKey);
        return new ElementOrder(mergeKey).arrange(merged, plain, before);
    }

    private static List<JsonNode> primitives(List<JsonNode> live, List<JsonNode> items, boolean delete) {
        var order = new ElementOrder(null);
        if (delete) {
            return live.stream().filter(item -> order.index(items, item) < 0).toList();
        }
        Set<JsonNode> all = new LinkedHashSet<>(live);
        all.addAll(items);
        return order.arrange(List.copyOf(all), items, live);
    }

    /// Carries out the directives among a list's items.
    ///
    /// @param plain gets the items that are none
    /// @return what to merge those into
    private static List<JsonNode> special(
            List<JsonNode> live, List<JsonNode> items, String mergeKey, List<JsonNode> plain) throws PatchException {
        List<JsonNode> base = new ArrayList<>(live);
        boolean replace = false;
        for (JsonNode item : items) {
            JsonNode directive = item.get(PATCH);
            if (directive == null) {
                plain.add(item);
                continue;
            }
            switch (directive.asText()) {
                case "delete" -> {
                    if (!item.has(mergeKey)) {
                        throw noMergeKey(item, mergeKey);
                    }
                    base.removeIf(candidate -> new ElementOrder(mergeKey).same(candidate, item));
                }
                case "replace" -> replace = true;
                case "merge" -> throw unexpected("merging lists cannot yet be specified in the patch");
                default -> throw unknownDirective(directive, item);
            }
        }
        if (replace) {
            List<JsonNode> replacement = new ArrayList<>(plain);
            plain.clear();
            return replacement;
        }
        return base;
    }

    private static List<JsonNode> objects(Schema element, String mergeKey, List<JsonNode> base, List<JsonNode> items)
            throws PatchException {
        var order = new ElementOrder(mergeKey);
        List<JsonNode> result = new ArrayList<>(base);
        for (JsonNode item : items) {
            if (!item.has(mergeKey)) {
                throw noMergeKey(item, mergeKey);
            }
            int at = order.index(result, item);
            if (at < 0) {
                result.add(item.deepCopy());
            } else {
                result.set(at, object(element, (ObjectNode) result.get(at), (ObjectNode) item.deepCopy()));
            }
        }
        return result;
    }

    private static void checkSameType(List<JsonNode> live, List<JsonNode> items) throws PatchException {
        List<JsonNode> all = new ArrayList<>(live);
        all.addAll(items);
        if (all.getFirst().isArray()) {
            throw new PatchException(Problem.UNPROCESSABLE, "lists of lists are not supported");
        }
        String type = GoText.type(all.getFirst());
        if (all.stream().anyMatch(item -> !GoText.type(item).equals(type))) {
            String shown = List.of(live, items).stream()
                    .map(list -> GoText.of(array(list)))
                    .collect(Collectors.joining(" ", "[", "]"));
            throw unexpected("list element types are not identical: " + shown);
        }
    }

    private static @Nullable String mergeKey(@Nullable Schema schema, String field) {
        Field known = schema == null ? null : schema.field(field);
        return known == null ? null : known.mergeKey();
    }

    private static ArrayNode array(List<JsonNode> items) {
        return Json.MAPPER.createArrayNode().addAll(items);
    }

    private static PatchException noMergeKey(JsonNode item, String mergeKey) {
        return unexpected("map: " + GoText.of(item) + " does not contain declared merge key: " + mergeKey);
    }

    private static PatchException unknownDirective(JsonNode directive, JsonNode patch) {
        return unexpected("unknown patch type: " + directive.asText() + " in map: " + GoText.of(patch));
    }

    private static PatchException wrongType(String wanted, JsonNode found) {
        return unexpected("expected a " + wanted + ", but received a " + GoText.type(found));
    }

    private static PatchException unexpected(String message) {
        return new PatchException(Problem.UNEXPECTED, message);
    }
}
