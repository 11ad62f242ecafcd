package io.jubernetes.apiserver.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.schema.Schema;
import io.jubernetes.common.codec.Json;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A set of field paths, kept as a trie of [PathElement] texts. Built with [#child] and [#include], never
/// changed once it is handed on; the operations make new sets that share subtrees with their operands.
final class FieldSet {
    private static final SortedMap<String, FieldSet> NONE = Collections.emptySortedMap();

    private boolean included;
    private SortedMap<String, FieldSet> children = NONE;

    /// A set of the paths of fields, each a dotted list of names.
    static FieldSet ofFields(String... paths) {
        var set = new FieldSet();
        for (String path : paths) {
            FieldSet node = set;
            for (String name : path.split("\\.")) {
                node = node.child(PathElement.field(name));
            }
            node.include();
        }
        return set;
    }

    /// The node below an element, made when there is none; for building only.
    FieldSet child(String element) {
        if (children.isEmpty()) {
            children = new TreeMap<>(PathElement.ORDER);
        }
        return children.computeIfAbsent(element, _ -> new FieldSet());
    }

    /// Takes this node's own path into the set; for building only.
    void include() {
        included = true;
    }

    /// Drops nodes without content that building has left behind.
    FieldSet prune() {
        if (!children.isEmpty()) {
            children.values().removeIf(node -> node.prune().isEmpty());
        }
        return this;
    }

    boolean isEmpty() {
        return !included && children.isEmpty();
    }

    boolean isIncluded() {
        return included;
    }

    /// What lies below an element; null when nothing does.
    @Nullable
    FieldSet below(String element) {
        return children.get(element);
    }

    FieldSet union(FieldSet other) {
        if (other.isEmpty()) {
            return this;
        }
        if (isEmpty()) {
            return other;
        }
        var result = new FieldSet();
        result.included = included || other.included;
        result.putAll(children);
        other.children.forEach((element, node) -> {
            FieldSet mine = children.get(element);
            result.put(element, mine == null ? node : mine.union(node));
        });
        return result;
    }

    /// The paths that are in this set and not, exactly so, in the other.
    FieldSet difference(FieldSet other) {
        return without(other, false);
    }

    /// The paths of this set that neither are in the other nor lie below one that is.
    FieldSet differenceBelow(FieldSet other) {
        return without(other, true);
    }

    private FieldSet without(FieldSet other, boolean below) {
        if (isEmpty() || other.isEmpty()) {
            return this;
        }
        var result = new FieldSet();
        if (below && other.included) {
            return result;
        }
        result.included = included && !other.included;
        children.forEach((element, node) -> {
            FieldSet theirs = other.children.get(element);
            result.put(element, theirs == null ? node : node.without(theirs, below));
        });
        return result;
    }

    FieldSet intersection(FieldSet other) {
        var result = new FieldSet();
        result.included = included && other.included;
        boolean mineSmaller = children.size() <= other.children.size();
        Map<String, FieldSet> fewer = mineSmaller ? children : other.children;
        Map<String, FieldSet> more = mineSmaller ? other.children : children;
        fewer.forEach((element, node) -> {
            FieldSet counterpart = more.get(element);
            if (counterpart != null) {
                result.put(element, node.intersection(counterpart));
            }
        });
        return result;
    }

    /// This set with every struct field that has something below it, so that taking the set away takes away the struct.
    FieldSet withStructs(@Nullable Schema schema) {
        if (children.isEmpty()) {
            return this;
        }
        var result = new FieldSet();
        result.included = included;
        children.forEach((element, node) -> {
            Schema below = schema == null
                    ? null
                    : switch (element.charAt(0)) {
                        case 'f' -> schema.child(element.substring(2));
                        case 'k' -> schema.type() == Schema.Type.LIST ? schema.element() : null;
                        default -> null;
                    };
            FieldSet deep = node.withStructs(below);
            boolean structField = element.charAt(0) == 'f'
                    && schema != null
                    && schema.type() == Schema.Type.STRUCT
                    && schema.field(element.substring(2)) != null;
            if (structField && !deep.included && !deep.children.isEmpty()) {
                var copy = new FieldSet();
                copy.included = true;
                copy.children = deep.children;
                deep = copy;
            }
            result.put(element, deep);
        });
        return result;
    }

    private void put(String element, FieldSet node) {
        if (!node.isEmpty()) {
            if (children.isEmpty()) {
                children = new TreeMap<>(PathElement.ORDER);
            }
            children.put(element, node);
        }
    }

    private void putAll(SortedMap<String, FieldSet> nodes) {
        if (!nodes.isEmpty()) {
            children = new TreeMap<>(nodes);
        }
    }

    /// All paths as messages show them.
    List<String> paths() {
        List<String> result = new ArrayList<>();
        collect("", result::add);
        return result;
    }

    private void collect(String prefix, Consumer<String> sink) {
        children.forEach((element, node) -> {
            if (node.included) {
                sink.accept(prefix + PathElement.shown(element));
            }
        });
        children.forEach((element, node) -> {
            if (!node.children.isEmpty()) {
                node.collect(prefix + PathElement.shown(element), sink);
            }
        });
    }

    /// The set as FieldsV1.
    ObjectNode toJson() {
        ObjectNode result = Json.object();
        children.forEach((element, node) -> {
            ObjectNode below = node.toJson();
            if (node.included && !below.isEmpty()) {
                ObjectNode withSelf = Json.object();
                withSelf.putObject(".");
                below = withSelf.setAll(below);
            }
            result.set(element, below);
        });
        return result;
    }

    /// Reads FieldsV1; empty when it is malformed.
    static Optional<FieldSet> fromJson(JsonNode fields) {
        var set = new FieldSet();
        return set.read(fields) ? Optional.of(set.prune()) : Optional.empty();
    }

    private boolean read(JsonNode fields) {
        if (!fields.isObject()) {
            return false;
        }
        for (Map.Entry<String, JsonNode> entry : fields.properties()) {
            if (entry.getKey().equals(".")) {
                include();
                continue;
            }
            String element = PathElement.parse(entry.getKey());
            if (element == null) {
                return false;
            }
            FieldSet node = child(element);
            if (entry.getValue().isEmpty()) {
                node.include();
            }
            if (!node.read(entry.getValue())) {
                return false;
            }
        }
        return true;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof FieldSet set && included == set.included && children.equals(set.children);
    }

    @Override
    public int hashCode() {
        return children.hashCode() * 31 + Boolean.hashCode(included);
    }

    @Override
    public String toString() {
        return toJson().toString();
    }
}
