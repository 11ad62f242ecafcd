package io.jubernetes.apiserver.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.WriteOptions;
import java.util.List;

/// Reads bodies of custom resources, whose kind and version are checked in another way than those of built-in ones.
final class CustomBodies {
    private CustomBodies() {}

    static ObjectNode decode(Call call, ApiResource resource, BodyReader.Parsed parsed, WriteOptions options) {
        ObjectNode body = parsed.object();
        if (body.path("kind").asText("").isEmpty()) {
            body.put("kind", resource.kind());
        }
        if (body.path("apiVersion").asText("").isEmpty()) {
            body.put("apiVersion", resource.apiVersion());
        }
        ObjectNode object = BodyReader.decode(call.context(), resource, parsed, options);
        String apiVersion = object.path("apiVersion").asText("");
        if (!apiVersion.equals(resource.apiVersion())) {
            throw ApiException.badRequest("the API version in the data (" + apiVersion
                    + ") does not match the expected API version (" + resource.apiVersion() + ")");
        }
        checkType(resource, object);
        resource.strategy().applyDefaults(object);
        return object;
    }

    /// Refuses another kind or version than the path's.
    static void checkType(ApiResource resource, ObjectNode object) {
        String kind = object.path("kind").asText("");
        String apiVersion = object.path("apiVersion").asText("");
        if (!kind.equals(resource.kind())) {
            throw ApiException.invalid(
                    resource.group(),
                    kind,
                    Meta.name(object),
                    List.of(Cause.invalid("kind", kind, "must be " + resource.kind())));
        }
        if (!apiVersion.equals(resource.apiVersion())) {
            throw ApiException.invalid(
                    resource.group(),
                    kind,
                    Meta.name(object),
                    List.of(Cause.invalid("apiVersion", apiVersion, "must be " + resource.apiVersion())));
        }
    }
}
