package io.jubernetes.apiserver.apply;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.schema.Schema;
import io.jubernetes.apiserver.schema.Schema.Type;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Finds the fields a tree has: what an applier owns by naming it.
final class TreeFields {
    private TreeFields() {}

    static FieldSet of(Schema schema, JsonNode tree) {
        var set = new FieldSet();
        collect(schema, tree, set);
        return set.prune();
    }

    private static void collect(@Nullable Schema schema, JsonNode value, FieldSet set) {
        if (schema == null || !Values.isGranular(schema, value)) {
            set.include();
        } else if (schema.type() == Type.LIST) {
            items(schema, value, set);
        } else {
            for (Map.Entry<String, JsonNode> entry : value.properties()) {
                FieldSet node = set.child(PathElement.field(entry.getKey()));
                JsonNode child = entry.getValue();
                collect(schema.child(entry.getKey()), child, node);
                if (child.isNull() || child.isObject() && child.isEmpty() || schema.field(entry.getKey()) == null) {
                    node.include();
                }
            }
        }
    }

    private static void items(Schema schema, JsonNode list, FieldSet set) {
        for (JsonNode item : list) {
            String element = PathElement.item(schema, item);
            if (element == null) {
                continue;
            }
            FieldSet node = set.child(element);
            node.include();
            collect(schema.element(), item, node);
        }
    }
}
