package io.jubernetes.apiserver.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.common.codec.Json;

/// JSON merge patch, RFC 7386.
public final class MergePatch {
    private MergePatch() {}

    /// The target with the patch merged in: null removes, objects merge, everything else replaces.
    public static ObjectNode apply(ObjectNode target, ObjectNode patch) {
        return (ObjectNode) merge(target, patch);
    }

    private static JsonNode merge(JsonNode target, JsonNode patch) {
        if (!patch.isObject()) {
            return patch;
        }
        ObjectNode result = target.isObject() ? ((ObjectNode) target).deepCopy() : Json.object();
        patch.properties().forEach(entry -> {
            if (entry.getValue().isNull()) {
                result.remove(entry.getKey());
            } else {
                result.set(entry.getKey(), merge(result.path(entry.getKey()), entry.getValue()));
            }
        });
        return result;
    }
}
