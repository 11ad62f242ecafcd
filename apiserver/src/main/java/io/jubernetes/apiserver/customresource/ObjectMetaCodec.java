package io.jubernetes.apiserver.customresource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.schema.BuiltinTypes;
import io.jubernetes.apiserver.schema.DecodeException;
import io.jubernetes.apiserver.schema.Schema;
import io.jubernetes.apiserver.schema.TypedDecoder;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Brings the metadata of an object, and of the objects embedded in it, into the form all metadata has.
final class ObjectMetaCodec {
    private static final Schema META = BuiltinTypes.get().require("meta.v1.ObjectMeta");

    private ObjectMetaCodec() {}

    /// Decodes the metadata of the object itself, in place.
    ///
    /// @param unknown gets the paths of unknown fields
    static void decode(ObjectNode object, List<String> unknown) throws DecodeException {
        decode(object, "metadata", unknown);
    }

    private static void decode(ObjectNode object, String path, List<String> unknown) throws DecodeException {
        JsonNode present = object.get("metadata");
        if (present == null) {
            return;
        }
        if (present.isNull()) {
            object.remove("metadata");
            return;
        }
        if (!(present instanceof ObjectNode meta)) {
            throw new DecodeException(
                    "json: cannot unmarshal " + typeOf(present) + " into Go value of type v1.ObjectMeta");
        }
        var decoder = new TypedDecoder();
        ObjectNode decoded = decoder.decode(META, meta);
        decoder.unknownFields().forEach(field -> unknown.add(path + "." + field));
        if (decoded.path("creationTimestamp").isNull()) {
            decoded.remove("creationTimestamp");
        }
        object.set("metadata", decoded);
    }

    private static String typeOf(JsonNode value) {
        return switch (value.getNodeType()) {
            case ARRAY -> "array";
            case BOOLEAN -> "bool";
            case NUMBER -> "number";
            default -> "string";
        };
    }

    /// Decodes the metadata of embedded objects, in place.
    static void decodeEmbedded(JsonNode value, @Nullable Structural schema, String path, List<String> unknown)
            throws DecodeException {
        if (schema == null) {
            return;
        }
        if (value instanceof ObjectNode object) {
            if (schema.isEmbedded()) {
                JsonNode before = object.path("metadata");
                String shown = before.toString();
                try {
                    decode(object, path + ".metadata", unknown);
                } catch (DecodeException e) {
                    throw new DecodeException(path + ".metadata: Invalid value: " + shown + ": " + e.getMessage());
                }
            }
            for (Map.Entry<String, JsonNode> entry : object.properties()) {
                Structural below = schema.property(entry.getKey());
                if (below == null) {
                    below = schema.additional();
                }
                decodeEmbedded(
                        entry.getValue(),
                        below,
                        path.isEmpty() ? entry.getKey() : path + "." + entry.getKey(),
                        unknown);
            }
        } else if (value.isArray()) {
            for (int i = 0; i < value.size(); i++) {
                decodeEmbedded(value.get(i), schema.items(), path + "[" + i + "]", unknown);
            }
        }
    }
}
