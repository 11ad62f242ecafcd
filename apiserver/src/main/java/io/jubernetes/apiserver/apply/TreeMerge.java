package io.jubernetes.apiserver.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.schema.Schema;
import io.jubernetes.apiserver.schema.Schema.Type;
import io.jubernetes.common.codec.Json;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Lays an applied tree over the live one: applied leaves win, maps and keyed lists are merged. Neither tree is
/// changed; the result shares nodes with both.
final class TreeMerge {
    private TreeMerge() {}

    static JsonNode merge(@Nullable Schema schema, @Nullable JsonNode live, @Nullable JsonNode applied) {
        if (live == null || applied == null) {
            return Values.orNull(live == null ? applied : live);
        }
        if (schema == null
                || !Values.isGranular(schema, live, applied)
                || Values.isEmpty(live) && Values.isEmpty(applied)) {
            return applied;
        }
        return schema.type() == Type.LIST ? lists(schema, live, applied) : maps(schema, live, applied);
    }

    private static JsonNode maps(Schema schema, JsonNode live, JsonNode applied) {
        ObjectNode result = Json.object();
        for (Map.Entry<String, JsonNode> entry : live.properties()) {
            String name = entry.getKey();
            result.set(name, merge(schema.child(name), entry.getValue(), applied.get(name)));
        }
        for (Map.Entry<String, JsonNode> entry : applied.properties()) {
            if (!live.has(entry.getKey())) {
                result.set(entry.getKey(), entry.getValue());
            }
        }
        return result;
    }

    /// Items come in the order of the applied list; live items that it does not name keep their place before the next
    /// shared one.
    private static JsonNode lists(Schema schema, JsonNode live, JsonNode applied) {
        Index left = Index.of(schema, live);
        Index right = Index.of(schema, applied);
        Deque<String> shared = new ArrayDeque<>();
        right.elements.stream().filter(left.items::containsKey).forEach(shared::add);
        Set<String> merged = new HashSet<>();
        ArrayNode result = Json.MAPPER.createArrayNode();
        int l = 0;
        int r = 0;
        while (l < left.elements.size() || r < right.elements.size()) {
            if (l < left.elements.size() && r < right.elements.size()) {
                String element = left.elements.get(l);
                if (element.equals(right.elements.get(r))) {
                    merged.add(element);
                    result.add(merge(schema.element(), left.items.get(element), right.items.get(element)));
                    l++;
                    r++;
                    shared.poll();
                    continue;
                }
                String next = shared.peek();
                if (right.items.containsKey(element) && next != null && !next.equals(element)) {
                    l++;
                    continue;
                }
            }
            if (l < left.elements.size()) {
                String element = left.elements.get(l);
                if (!right.items.containsKey(element)) {
                    result.add(live.get(left.places.get(l)));
                    l++;
                    continue;
                }
                if (merged.contains(element)) {
                    l++;
                }
            }
            if (r < right.elements.size()) {
                String element = right.elements.get(r);
                merged.add(element);
                result.add(merge(schema.element(), left.items.get(element), right.items.get(element)));
                r++;
                if (element.equals(shared.peek())) {
                    shared.poll();
                }
            }
        }
        return result;
    }

    /// A list's items by their path elements.
    private record Index(List<String> elements, List<Integer> places, Map<String, JsonNode> items) {
        static Index of(Schema schema, JsonNode list) {
            var index = new Index(new ArrayList<>(), new ArrayList<>(), new HashMap<>());
            for (int i = 0; i < list.size(); i++) {
                String element = PathElement.item(schema, list.get(i));
                if (element != null) {
                    index.elements.add(element);
                    index.places.add(i);
                    index.items.putIfAbsent(element, list.get(i));
                }
            }
            return index;
        }
    }
}
