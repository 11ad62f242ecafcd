package io.jubernetes.apiserver.admission.match;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.Strategy;
import io.jubernetes.apiserver.schema.DecodeException;
import io.jubernetes.common.codec.Json;
import java.util.stream.Collectors;

/// Brings what webhooks and policies make of an object into the form in which it is checked and stored.
public final class Patched {
    private Patched() {}

    /// The object with its types checked and its defaults set.
    ///
    /// @param strict whether fields that the kind does not have are refused rather than dropped
    /// @throws ApiException 500 when it does not fit its kind
    public static ObjectNode decoded(ApiResource resource, ObjectNode tree, boolean strict) {
        Strategy.Decoded decoded;
        try {
            decoded = resource.strategy().decode(resource.schema(), tree);
        } catch (DecodeException e) {
            throw ApiException.internal(String.valueOf(e.getMessage()));
        }
        if (strict && !resource.isCustom() && !decoded.unknown().isEmpty()) {
            throw ApiException.internal("strict decoding error: "
                    + decoded.unknown().stream()
                            .map(path -> "unknown field " + Json.text(path))
                            .collect(Collectors.joining(", ")));
        }
        ObjectNode object = decoded.object();
        object.put("kind", resource.kind()).put("apiVersion", resource.apiVersion());
        resource.strategy().applyDefaults(object);
        return object;
    }
}
