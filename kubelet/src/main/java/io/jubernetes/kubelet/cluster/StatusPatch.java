package io.jubernetes.kubelet.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.common.codec.Json;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Works out the strategic merge patch that turns one status into another. Lists that are merged by a key
/// carry only what changed, so that entries of others are left alone; all other lists are replaced.
public final class StatusPatch {
    private static final String DIRECTIVE = "$patch";

    private final Map<String, String> mergeKeys;
    private final Set<String> ownConditions;

    /// @param mergeKeys the merge key of each list that has one, by field name
    public StatusPatch(Map<String, String> mergeKeys) {
        this(mergeKeys, Set.of());
    }

    /// @param ownConditions the types of conditions that go when the new status does not have them
    public StatusPatch(Map<String, String> mergeKeys, Set<String> ownConditions) {
        this.mergeKeys = Map.copyOf(mergeKeys);
        this.ownConditions = Set.copyOf(ownConditions);
    }

    /// The patch; empty when both are the same.
    public Optional<ObjectNode> between(JsonNode from, JsonNode to) {
        ObjectNode patch = Json.object();
        to.properties().forEach(field -> {
            JsonNode old = from.path(field.getKey());
            JsonNode value = field.getValue();
            if (old.equals(value)) {
                return;
            }
            String key = mergeKeys.get(field.getKey());
            if (key != null && value instanceof ArrayNode list) {
                mergeList(old, list, key).ifPresent(changes -> patch.set(field.getKey(), changes));
            } else if (value.isObject() && old.isObject()) {
                between(old, value).ifPresent(changes -> patch.set(field.getKey(), changes));
            } else {
                patch.set(field.getKey(), value);
            }
        });
        from.properties().forEach(field -> {
            if (!to.has(field.getKey()) && !mergeKeys.containsKey(field.getKey())) {
                patch.putNull(field.getKey());
            }
        });
        return patch.isEmpty() ? Optional.empty() : Optional.of(patch);
    }

    private Optional<ArrayNode> mergeList(JsonNode old, ArrayNode list, String key) {
        ArrayNode changes = Json.MAPPER.createArrayNode();
        Set<String> wanted = new HashSet<>();
        for (JsonNode entry : list) {
            String name = entry.path(key).asText();
            wanted.add(name);
            Optional<JsonNode> known = find(old, key, name);
            if (known.isEmpty()) {
                changes.add(entry);
            } else if (!known.get().equals(entry)) {
                ObjectNode change = entry.deepCopy();
                // What an entry has no more must be said, or it would stay.
                known.get().properties().forEach(field -> {
                    if (!entry.has(field.getKey())) {
                        change.putNull(field.getKey());
                    }
                });
                changes.add(change);
            }
        }
        // Conditions of others are not this side's to remove.
        for (JsonNode entry : old) {
            String name = entry.path(key).asText();
            if (!wanted.contains(name) && (!key.equals("type") || ownConditions.contains(name))) {
                changes.add(Json.object().put(DIRECTIVE, "delete").put(key, name));
            }
        }
        return changes.isEmpty() ? Optional.empty() : Optional.of(changes);
    }

    private static Optional<JsonNode> find(JsonNode list, String key, String name) {
        for (JsonNode entry : list) {
            if (entry.path(key).asText().equals(name)) {
                return Optional.of(entry);
            }
        }
        return Optional.empty();
    }
}
