package io.jubernetes.apiserver.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.schema.Schema;
import io.jubernetes.apiserver.schema.Schema.Type;
import org.jspecify.annotations.Nullable;

/// What comparison and merging ask of values.
final class Values {
    private Values() {}

    /// Whether two values mean the same; numbers of different width may.
    static boolean same(JsonNode a, JsonNode b) {
        return Meta.same(a, b);
    }

    /// Whether the schema lets several managers own parts of the value.
    static boolean isGranular(@Nullable Schema schema) {
        return schema != null
                && !schema.isAtomic()
                && (schema.type() == Type.STRUCT || schema.type() == Type.MAP || schema.type() == Type.LIST);
    }

    static boolean isEmpty(@Nullable JsonNode value) {
        return value == null || value.isNull() || value.isEmpty();
    }

    static JsonNode orNull(@Nullable JsonNode value) {
        return value == null ? NullNode.instance : value;
    }
}
