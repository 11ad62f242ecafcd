package io.jubernetes.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/// Keeps `metadata.managedFields` up to date.
public interface FieldOwnership {
    /// No ownership is tracked; what a client sends is dropped.
    FieldOwnership NONE =
            (resource, live, object, manager, subresource) -> Meta.of(object).remove("managedFields");

    /// Gives the manager what a create or update changed.
    ///
    /// @param live the object before; null for a creation
    /// @param object the object after; its managed fields are set
    void update(ApiResource resource, @Nullable ObjectNode live, ObjectNode object, String manager, String subresource);

    /// Whether entries of managed fields are well-formed.
    default boolean isReadable(JsonNode entries) {
        return true;
    }

    /// Takes back new times of managed fields when nothing else has changed, so that such a write is none.
    ///
    /// @param old as in the store
    /// @param object as it would be stored; its managed fields may be set to the old ones
    default void settle(ObjectNode old, ObjectNode object) {}
}
