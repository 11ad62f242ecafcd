package io.jubernetes.apiserver.admission.match;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.admission.match.Requests.GroupVersionKind;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.BuiltinResources;
import io.jubernetes.apiserver.resource.Strategy;
import io.jubernetes.apiserver.schema.DecodeException;
import io.jubernetes.apiserver.schema.Schema;
import io.jubernetes.common.codec.Json;
import java.util.stream.Collectors;

/// Brings what webhooks and policies make of an object into the form in which it is checked and stored.
public final class Patched {
    private Patched() {}

    /// The shape of a request's objects, as webhooks and policies see them.
    public static Schema schema(AdmissionRequest request, ApiResource resource) {
        return Requests.foreign(resource, request.subresource())
                .map(part -> BuiltinResources.schemaOf(
                        part.groupVersion() == null ? resource.apiVersion() : part.groupVersion(), part.kind()))
                .orElseGet(resource::schema);
    }

    /// The object with its types checked and its defaults set.
    ///
    /// @param strict whether fields that the kind does not have are refused rather than dropped
    /// @throws ApiException 500 when it does not fit its kind
    public static ObjectNode decoded(AdmissionRequest request, ApiResource resource, ObjectNode tree, boolean strict) {
        GroupVersionKind kind = Requests.kind(request, resource);
        boolean foreign = Requests.foreign(resource, request.subresource()).isPresent();
        Strategy strategy = foreign ? Strategy.NONE : resource.strategy();
        Strategy.Decoded decoded;
        try {
            decoded = strategy.decode(schema(request, resource), tree);
        } catch (DecodeException e) {
            throw ApiException.internal(String.valueOf(e.getMessage()));
        }
        if (strict && !strategy.isCustom() && !decoded.unknown().isEmpty()) {
            throw ApiException.internal("strict decoding error: "
                    + decoded.unknown().stream()
                            .map(path -> "unknown field " + Json.text(path))
                            .collect(Collectors.joining(", ")));
        }
        ObjectNode object = decoded.object();
        object.put("kind", kind.kind()).put("apiVersion", kind.apiVersion());
        strategy.applyDefaults(object);
        return object;
    }
}
