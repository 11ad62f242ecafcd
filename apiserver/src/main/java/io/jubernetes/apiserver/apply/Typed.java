package io.jubernetes.apiserver.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.BuiltinResources;
import io.jubernetes.apiserver.schema.DecodeException;
import io.jubernetes.apiserver.schema.Schema;
import io.jubernetes.apiserver.schema.TypedDecoder;
import io.jubernetes.common.codec.Json;
import java.util.Optional;

/// Brings objects into the version whose paths a field set has.
final class Typed {
    private Typed() {}

    /// The shape of a resource's kind in a version; empty when the version is not known.
    static Optional<Schema> schema(ApiResource resource, String apiVersion) {
        return apiVersion.equals(resource.apiVersion())
                ? Optional.of(resource.schema())
                : resource.strategy()
                        .schemaOf(apiVersion)
                        .or(() -> BuiltinResources.findSchema(apiVersion, resource.kind()));
    }

    /// A stored object in a version.
    static ObjectNode in(ApiResource resource, JsonNode stored, String apiVersion) {
        ObjectNode copy = stored.deepCopy();
        return resource.strategy().fromStorage(copy, apiVersion);
    }

    /// An object of which nothing is said but what its encoding always shows.
    static ObjectNode nothing(ApiResource resource) {
        if (resource.strategy().isCustom()) {
            return Json.object().put("kind", resource.kind()).put("apiVersion", resource.apiVersion());
        }
        try {
            ObjectNode empty = new TypedDecoder().decode(resource.schema(), Json.object());
            empty.put("kind", resource.kind()).put("apiVersion", resource.apiVersion());
            return empty;
        } catch (DecodeException e) {
            throw new IllegalStateException(resource.kind() + " does not decode an empty object", e);
        }
    }

    /// The root of a tree as merging leaves it; an object emptied altogether comes as null.
    static ObjectNode object(JsonNode tree) {
        return tree instanceof ObjectNode object ? object : tree instanceof NullNode ? Json.object() : fail(tree);
    }

    private static ObjectNode fail(JsonNode tree) {
        throw new IllegalArgumentException("not an object: " + tree.getNodeType());
    }
}
