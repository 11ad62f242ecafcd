package io.jubernetes.apiserver.patch;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The order of a merged list: items the patch names stand in the patch's order; the others keep the order they have
/// in the live list, and go before the first named item that they stood before there.
///
/// @param mergeKey tells items apart that are objects; null for plain values, which are compared as a whole
record ElementOrder(@Nullable String mergeKey) {
    /// @param merged the items after merging
    /// @param wanted the order asked for
    /// @param live the list before
    List<JsonNode> arrange(List<JsonNode> merged, List<JsonNode> wanted, List<JsonNode> live) {
        List<JsonNode> named = new ArrayList<>();
        List<JsonNode> others = new ArrayList<>();
        for (JsonNode item : merged) {
            (index(wanted, item) >= 0 ? named : others).add(item);
        }
        named.sort(Comparator.comparingInt(item -> index(wanted, item)));
        others.sort(Comparator.comparingInt(item -> index(live, item)));
        List<JsonNode> result = new ArrayList<>(merged.size());
        int left = 0;
        int right = 0;
        while (left < others.size() && right < named.size()) {
            int ours = index(live, others.get(left));
            int theirs = index(live, named.get(right));
            boolean before = ours >= 0 && theirs >= 0 && ours < theirs;
            result.add(before ? others.get(left++) : named.get(right++));
        }
        result.addAll(others.subList(left, others.size()));
        result.addAll(named.subList(right, named.size()));
        return result;
    }

    /// Where an item stands in a list, -1 when it does not.
    int index(List<JsonNode> list, JsonNode item) {
        for (int i = 0; i < list.size(); i++) {
            if (same(list.get(i), item)) {
                return i;
            }
        }
        return -1;
    }

    boolean same(JsonNode a, JsonNode b) {
        if (mergeKey == null) {
            return Numbers.sameValue(a, b);
        }
        JsonNode left = a.get(mergeKey);
        JsonNode right = b.get(mergeKey);
        return left != null && right != null && Numbers.sameValue(left, right);
    }

    /// Whether the items come in this order, with others between them or not.
    boolean agrees(List<JsonNode> items, List<JsonNode> order) {
        int at = 0;
        for (JsonNode wanted : order) {
            if (at < items.size() && same(items.get(at), wanted)) {
                at++;
            }
        }
        return at == items.size();
    }
}
