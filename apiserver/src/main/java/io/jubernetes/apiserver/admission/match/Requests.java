package io.jubernetes.apiserver.admission.match;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.Meta;
import java.util.Objects;
import java.util.Optional;
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
        /// Such as `apps/v1`.
        String apiVersion() {
            return group.isEmpty() ? version : group + "/" + version;
        }

        /// Such as `apps/v1, Kind=Deployment`.
        @Override
        public String toString() {
            return group + "/" + version + ", Kind=" + kind;
        }
    }

    /// Whether a write changes an object by way of a part that has a kind of its own, such as binding
    /// a pod: what was asked for has been put to webhooks and policies before.
    static boolean isCarriedOut(AdmissionRequest request) {
        ObjectNode object = request.object();
        return request.operation() == AdmissionRequest.Operation.UPDATE
                && !isScale(request)
                && object != null
                && foreign(request.resource(), request.subresource())
                        .filter(part -> !object.path("kind").asText("").equals(part.kind()))
                        .isPresent();
    }

    private static boolean isScale(AdmissionRequest request) {
        return request.subresource().equals("scale");
    }

    /// A part whose bodies have another kind than the resource.
    static Optional<ApiResource.Subresource> foreign(ApiResource resource, String subresource) {
        return Optional.ofNullable(resource.subresources().get(subresource))
                .filter(part -> !part.kind().equals(resource.kind()));
    }

    /// An object of a request as webhooks and policies see it: in the version they ask for, and as a
    /// Scale when that is what is written.
    ///
    /// @param object of the request; not changed
    /// @return the same object when it is in that form already
    public static @Nullable ObjectNode seenAs(
            AdmissionRequest request, ApiResource target, @Nullable ObjectNode object) {
        if (object == null) {
            return null;
        }
        if (isScale(request)) {
            return scaleOf(request.resource(), object);
        }
        return foreign(target, request.subresource()).isPresent() ? object : inVersion(target, object);
    }

    private static ObjectNode scaleOf(ApiResource resource, ObjectNode object) {
        ObjectNode copy = object.deepCopy();
        try {
            return resource.strategy().scaleOf(copy);
        } catch (ApiException e) {
            // It does not say yet how many replicas are wanted.
            resource.strategy().setReplicas(copy, 0);
            return resource.strategy().scaleOf(copy);
        }
    }

    /// An object as it is in another version of its resource.
    ///
    /// @return the same object when it is in that version already
    public static ObjectNode inVersion(ApiResource target, ObjectNode object) {
        return object.path("apiVersion").asText("").equals(target.apiVersion())
                ? object
                : target.strategy().fromStorage(object.deepCopy(), target.apiVersion());
    }

    /// Puts a changed object into a request.
    ///
    /// @param seen as [#seenAs] shows it
    public static void replace(AdmissionRequest request, ObjectNode seen) {
        ObjectNode object = Objects.requireNonNull(request.object());
        ApiResource resource = request.resource();
        if (isScale(request)) {
            resource.strategy()
                    .setReplicas(object, seen.path("spec").path("replicas").asLong(0));
            return;
        }
        ObjectNode own = seen.deepCopy();
        if (foreign(resource, request.subresource()).isEmpty()) {
            own = resource.isCustom()
                    ? resource.strategy().fromStorage(own, resource.apiVersion())
                    : resource.strategy().toStorage(own);
        }
        object.removeAll();
        object.setAll(own);
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
