package io.jubernetes.apiserver.apply;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.schema.Schema;
import io.jubernetes.apiserver.schema.Schema.Type;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// What differs between two trees of one schema.
///
/// @param added paths only the new tree has, structs and maps included
/// @param modified leaves with another value
/// @param removed paths only the old tree has
record Comparison(FieldSet added, FieldSet modified, FieldSet removed) {
    static Comparison of(Schema schema, JsonNode before, JsonNode after) {
        var walk = new Walk();
        var result = new Comparison(new FieldSet(), new FieldSet(), new FieldSet());
        walk.compare(schema, before, after, result);
        result.added.prune();
        result.modified.prune();
        result.removed.prune();
        return result;
    }

    /// Without the paths of a set and what lies below them.
    Comparison without(FieldSet ignored) {
        return new Comparison(
                added.differenceBelow(ignored), modified.differenceBelow(ignored), removed.differenceBelow(ignored));
    }

    private Comparison child(String element) {
        return new Comparison(added.child(element), modified.child(element), removed.child(element));
    }

    private static final class Walk {
        /// Compares a place; at least one side is there.
        void compare(@Nullable Schema schema, @Nullable JsonNode before, @Nullable JsonNode after, Comparison at) {
            if (before == null) {
                at.added.include();
            } else if (after == null) {
                at.removed.include();
            }
            if (schema == null
                    || !Values.isGranular(schema, before, after)
                    || Values.isEmpty(before) && Values.isEmpty(after)) {
                if (before != null && after != null && !Values.same(before, after)) {
                    at.modified.include();
                }
            } else if (schema.type() == Type.LIST) {
                items(schema, Values.orNull(before), Values.orNull(after), at);
            } else {
                fields(schema, Values.orNull(before), Values.orNull(after), at);
            }
        }

        private void fields(Schema schema, JsonNode before, JsonNode after, Comparison at) {
            for (Map.Entry<String, JsonNode> entry : after.properties()) {
                compare(
                        schema.child(entry.getKey()),
                        before.get(entry.getKey()),
                        entry.getValue(),
                        at.child(PathElement.field(entry.getKey())));
            }
            for (Map.Entry<String, JsonNode> entry : before.properties()) {
                if (!after.has(entry.getKey())) {
                    compare(
                            schema.child(entry.getKey()),
                            entry.getValue(),
                            null,
                            at.child(PathElement.field(entry.getKey())));
                }
            }
        }

        private void items(Schema schema, JsonNode before, JsonNode after, Comparison at) {
            Map<String, List<JsonNode>> old = index(schema, before);
            Map<String, List<JsonNode>> now = index(schema, after);
            now.forEach(
                    (element, items) -> item(schema, old.getOrDefault(element, List.of()), items, at.child(element)));
            old.forEach((element, items) -> {
                if (!now.containsKey(element)) {
                    item(schema, items, List.of(), at.child(element));
                }
            });
        }

        /// Items with one key on either side; several with the same key are one leaf.
        private void item(Schema schema, List<JsonNode> before, List<JsonNode> after, Comparison at) {
            if (before.size() < 2 && after.size() < 2) {
                compare(schema.element(), first(before), first(after), at);
            } else if (before.size() >= 2 && after.size() >= 2) {
                boolean same = before.size() == after.size();
                for (int i = 0; same && i < before.size(); i++) {
                    same = Values.same(before.get(i), after.get(i));
                }
                if (!same) {
                    at.modified.include();
                }
            } else if (before.size() >= 2) {
                if (!after.isEmpty()) {
                    compare(schema.element(), null, after.getFirst(), at);
                }
                at.removed.include();
            } else {
                if (!before.isEmpty()) {
                    compare(schema.element(), before.getFirst(), null, at);
                }
                at.added.include();
            }
        }

        private static @Nullable JsonNode first(List<JsonNode> items) {
            return items.isEmpty() ? null : items.getFirst();
        }
    }

    private static Map<String, List<JsonNode>> index(Schema schema, JsonNode list) {
        Map<String, List<JsonNode>> result = new LinkedHashMap<>();
        for (JsonNode item : list) {
            String element = PathElement.item(schema, item);
            if (element != null) {
                Objects.requireNonNull(result.computeIfAbsent(element, _ -> new ArrayList<>(1)))
                        .add(item);
            }
        }
        return result;
    }
}
