package io.jubernetes.apiserver.admission.match;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.Meta;
import org.jspecify.annotations.Nullable;

/// What webhooks and policies know of a request.
public final class Requests {
    private Requests() {}

    /// The name of the object; empty while it has none, and for a request that deletes many objects.
    public static String name(AdmissionRequest request) {
        ObjectNode object = request.object();
        return request.name().isEmpty() && object != null ? Meta.name(object) : request.name();
    }

    /// The namespace; for a namespace its own name; empty for what is in none.
    public static String namespace(AdmissionRequest request) {
        if (request.isFor("", "namespaces")) {
            return name(request);
        }
        return request.resource().namespaced() ? request.namespace() : "";
    }

    /// The kind of the object of a request, when it is seen as one to that resource.
    public static GroupVersionKind kind(AdmissionRequest request, ApiResource resource) {
        ApiResource.Subresource part = resource.subresources().get(request.subresource());
        if (part == null) {
            return new GroupVersionKind(resource.group(), resource.version(), resource.kind());
        }
        String version = part.groupVersion() == null ? resource.apiVersion() : part.groupVersion();
        int slash = version.indexOf('/');
        return new GroupVersionKind(
                slash < 0 ? "" : version.substring(0, slash), version.substring(slash + 1), part.kind());
    }

    /// A kind as requests name it.
    public record GroupVersionKind(String group, String version, String kind) {
        /// Such as `apps/v1, Kind=Deployment`.
        @Override
        public String toString() {
            return group + "/" + version + ", Kind=" + kind;
        }
    }

    /// An object as it is in another version of the resource.
    ///
    /// @return the same object when it is in that version already
    public static @Nullable ObjectNode seenAs(ApiResource target, @Nullable ObjectNode object) {
        if (object == null || object.path("apiVersion").asText("").equals(target.apiVersion())) {
            return object;
        }
        return target.strategy().fromStorage(object.deepCopy(), target.apiVersion());
    }

    /// Puts a changed object into a request.
    ///
    /// @param seen in any version of the resource
    public static void replace(AdmissionRequest request, ObjectNode seen) {
        ObjectNode object = java.util.Objects.requireNonNull(request.object());
        ApiResource resource = request.resource();
        ObjectNode copy = seen.deepCopy();
        ObjectNode own = resource.isCustom()
                ? resource.strategy().fromStorage(copy, resource.apiVersion())
                : resource.strategy().toStorage(copy);
        object.removeAll();
        object.setAll(own);
    }

    /// A refusal that names the request's object.
    public static ApiException forbidden(AdmissionRequest request, String why) {
        ObjectNode object = request.object();
        String name = name(request);
        if (name.isEmpty() && object != null) {
            name = Meta.of(object).path("generateName").asText("");
        }
        ApiResource resource = request.resource();
        return ApiException.forbidden(resource.group(), resource.plural(), name.isEmpty() ? "Unknown" : name, why);
    }

    /// Gives a refusal a cause that is not about any field.
    public static void addCause(ApiException refusal, String message) {
        ObjectNode details = Meta.child(refusal.status(), "details");
        (details.path("causes") instanceof com.fasterxml.jackson.databind.node.ArrayNode causes
                        ? causes
                        : details.putArray("causes"))
                .addObject()
                .put("message", message);
    }
}
