package io.jubernetes.apiserver.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.schema.Schema;
import io.jubernetes.apiserver.schema.Schema.Type;
import io.jubernetes.common.codec.Json;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Takes fields and items out of a tree. The tree is not changed; what is left over empty becomes null.
final class TreeRemoval {
    private TreeRemoval() {}

    static JsonNode remove(@Nullable Schema schema, JsonNode tree, FieldSet fields) {
        if (fields.isEmpty() || !Values.isGranular(schema, tree) || schema == null) {
            return tree;
        }
        if (schema.type() == Type.LIST) {
            ArrayNode result = Json.MAPPER.createArrayNode();
            for (JsonNode item : tree) {
                String element = PathElement.item(schema, item);
                keep(schema.element(), item, element == null ? null : fields.below(element), result);
            }
            return result.isEmpty() ? NullNode.instance : result;
        }
        ObjectNode result = Json.object();
        for (Map.Entry<String, JsonNode> entry : tree.properties()) {
            FieldSet below = fields.below(PathElement.field(entry.getKey()));
            if (below == null) {
                result.set(entry.getKey(), entry.getValue());
            } else if (!below.isIncluded()) {
                result.set(entry.getKey(), remove(schema.child(entry.getKey()), entry.getValue(), below));
            }
        }
        return result.isEmpty() ? NullNode.instance : result;
    }

    private static void keep(Schema schema, JsonNode item, @Nullable FieldSet below, ArrayNode result) {
        if (below == null) {
            result.add(item);
        } else if (!below.isIncluded()) {
            result.add(remove(schema, item, below));
        }
    }
}
