package io.jubernetes.apiserver.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.schema.Schema;
import org.jspecify.annotations.Nullable;

/// What comparison and merging ask of values.
final class Values {
    private Values() {}

    /// Whether two values mean the same; numbers of different width may.
    static boolean same(JsonNode a, JsonNode b) {
        return Meta.same(a, b);
    }

    /// Whether the schema lets several managers own parts of a value.
    ///
    /// @param values what stands there now; free values are shared when all of them are objects
    static boolean isGranular(@Nullable Schema schema, @Nullable JsonNode... values) {
        if (schema == null || schema.isAtomic()) {
            return false;
        }
        return switch (schema.type()) {
            case STRUCT, MAP, LIST -> true;
            case FREE -> areObjects(values);
            default -> false;
        };
    }

    private static boolean areObjects(@Nullable JsonNode... values) {
        for (JsonNode value : values) {
            if (value != null && !value.isObject()) {
                return false;
            }
        }
        return true;
    }

    static boolean isEmpty(@Nullable JsonNode value) {
        return value == null || value.isNull() || value.isEmpty();
    }

    static JsonNode orNull(@Nullable JsonNode value) {
        return value == null ? NullNode.instance : value;
    }
}
