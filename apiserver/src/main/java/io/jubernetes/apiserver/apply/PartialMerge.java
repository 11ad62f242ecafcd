package io.jubernetes.apiserver.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.schema.Schema;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Lays a part of an object over the whole, as server-side apply merges, but without owners: for
/// policies that change objects.
public final class PartialMerge {
    private PartialMerge() {}

    /// The merged object.
    ///
    /// @param schema of the object's kind
    /// @param part which may not hold anything that can only be replaced as a whole: that would take
    ///     away what it does not mention
    /// @throws IllegalArgumentException when the part does not fit the kind
    public static ObjectNode merge(Schema schema, ObjectNode whole, ObjectNode part) {
        String problems = new PatchCheck(schema).problems(part);
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException("failed to convert patch object to typed object: " + problems);
        }
        List<String> atomic = new ArrayList<>();
        findAtomic(schema, part, "", atomic);
        if (!atomic.isEmpty()) {
            throw new IllegalArgumentException("invalid ApplyConfiguration: may not mutate atomic arrays, maps or"
                    + " structs: " + String.join(", ", atomic));
        }
        return Typed.object(TreeMerge.merge(schema, whole, part)).deepCopy();
    }

    private static void findAtomic(@Nullable Schema schema, JsonNode value, String path, List<String> found) {
        if (schema == null || !value.isContainerNode()) {
            return;
        }
        if (schema.isAtomic()) {
            found.add(path);
        } else if (value.isObject()) {
            for (Map.Entry<String, JsonNode> entry : value.properties()) {
                findAtomic(schema.child(entry.getKey()), entry.getValue(), path + "." + entry.getKey(), found);
            }
        } else {
            for (JsonNode item : value) {
                String element = PathElement.item(schema, item);
                findAtomic(schema.element(), item, path + (element == null ? "" : PathElement.shown(element)), found);
            }
        }
    }
}
