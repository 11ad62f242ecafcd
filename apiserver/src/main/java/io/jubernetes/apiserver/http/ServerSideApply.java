package io.jubernetes.apiserver.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.apply.ManagedFields;
import io.jubernetes.apiserver.request.RequestInfo;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectService;
import io.jubernetes.apiserver.resource.WriteOptions;
import io.jubernetes.apiserver.resource.WriteOptions.FieldValidation;
import io.jubernetes.common.codec.Json;
import java.io.IOException;
import java.time.Clock;
import java.util.List;

/// The patch of type `application/apply-patch+yaml`: changes the object that is there, or creates it.
final class ServerSideApply {
    static final String TYPE = "application/apply-patch+yaml";

    private final ObjectService objects;
    private final ManagedFields ownership;

    ServerSideApply(ObjectService objects, Clock clock) {
        this.objects = objects;
        this.ownership = new ManagedFields(clock);
    }

    /// Refuses options that do not go with the kind of patch.
    static void checkOptions(Call call, boolean apply) {
        Query query = call.query();
        Cause wrong = null;
        if (apply && query.text("fieldManager").isEmpty()) {
            wrong = Cause.required("fieldManager", "is required for apply patch");
        } else if (!apply && query.has("force")) {
            wrong = Cause.forbidden("force", "may not be specified for non-apply patch");
        }
        if (wrong != null) {
            throw ApiException.invalid("meta.k8s.io", "PatchOptions", "", List.of(wrong));
        }
    }

    /// Applies the request's body.
    ObjectService.Updated apply(Call call, ApiResource resource, WriteOptions given) {
        RequestInfo info = call.context().info();
        ObjectNode patch = body(call, resource.kind(), resource.apiVersion(), given);
        WriteOptions options = given.forApply();
        var request = new ManagedFields.ApplyRequest(
                resource,
                info.subresource(),
                options.fieldManager(),
                call.query().flag("force"));
        String namespace = ResourceHandler.storedNamespace(resource, info);
        while (true) {
            try {
                return objects.update(
                        call.context(),
                        resource,
                        namespace,
                        info.name(),
                        info.subresource(),
                        present -> decoded(call, resource, ownership.apply(request, present, patch), options),
                        options);
            } catch (ApiException e) {
                if (e.code() != 404 || !info.subresource().isEmpty()) {
                    throw e;
                }
            }
            try {
                return created(call, request, patch, options);
            } catch (ApiException e) {
                // Somebody else created it meanwhile: apply to that.
                if (!e.status().path("reason").asText().equals("AlreadyExists")
                        || call.context().deadline().isOver()) {
                    throw e;
                }
            }
        }
    }

    private ObjectService.Updated created(
            Call call, ManagedFields.ApplyRequest request, ObjectNode patch, WriteOptions options) {
        ApiResource resource = request.resource();
        RequestInfo info = call.context().info();
        String uid = Meta.uid(patch);
        if (!uid.isEmpty()) {
            throw ApiException.conflict(
                    resource,
                    info.name(),
                    "uid mismatch: the provided object specified uid " + uid + ", and no existing object was found");
        }
        ObjectNode object = decoded(call, resource, ownership.apply(request, null, patch), options);
        Meta.of(object).remove("resourceVersion");
        ObjectNode stored = objects.create(
                call.context(), resource, ResourceHandler.storedNamespace(resource, info), object, options);
        return new ObjectService.Updated(stored, true, false);
    }

    /// Applies a Scale to the object it belongs to; only the number of replicas can be owned this way.
    ObjectService.Updated applyScale(Call call, ApiResource resource, WriteOptions given) {
        RequestInfo info = call.context().info();
        ObjectNode scale = body(call, "Scale", "autoscaling/v1", given);
        WriteOptions options = given.forApply();
        ObjectNode patch = Json.object();
        patch.put("apiVersion", resource.apiVersion()).put("kind", resource.kind());
        patch.set("metadata", scale.path("metadata").deepCopy());
        JsonNode replicas = scale.path("spec").path("replicas");
        if (!replicas.isMissingNode()) {
            patch.putObject("spec").set("replicas", replicas);
        }
        var request = new ManagedFields.ApplyRequest(
                resource, "scale", options.fieldManager(), call.query().flag("force"));
        return objects.update(
                call.context(),
                resource,
                info.namespace(),
                info.name(),
                "scale",
                present -> {
                    ObjectNode applied = ownership.apply(request, present, patch);
                    ObjectNode spec = Meta.child(applied, "spec");
                    if (!spec.hasNonNull("replicas")) {
                        spec.put("replicas", 0L);
                    }
                    return decoded(call, resource, applied, options);
                },
                options);
    }

    private static ObjectNode decoded(Call call, ApiResource resource, ObjectNode applied, WriteOptions options) {
        // On top of what the live object says; the configuration alone decides whether there is a name.
        ResourceHandler.checkName(call.context().info(), applied);
        return ResourceHandler.decoded(call, resource, applied, options);
    }

    /// The request's body, which must be of the kind and version that is asked for.
    private static ObjectNode body(Call call, String kind, String apiVersion, WriteOptions options) {
        YamlBody.Parsed parsed;
        try {
            parsed = YamlBody.read(call.body());
        } catch (IOException e) {
            throw ApiException.badRequest("error decoding YAML: " + e.getMessage());
        }
        if (!parsed.duplicates().isEmpty()) {
            if (options.fieldValidation() == FieldValidation.STRICT) {
                throw ApiException.badRequest("error strict decoding YAML: error converting YAML to JSON: yaml:"
                        + " unmarshal errors:\n  " + String.join("\n  ", parsed.duplicates()));
            }
            if (options.fieldValidation() == FieldValidation.WARN) {
                parsed.duplicates().forEach(call.context()::warn);
            }
        }
        JsonNode tree = parsed.tree();
        ObjectNode object = tree == null || tree.isNull() ? Json.object() : asObject(tree);
        String foundKind = object.path("kind").asText("");
        String foundVersion = object.path("apiVersion").asText("");
        if (!foundKind.equals(kind) || !foundVersion.equals(apiVersion)) {
            String shown = foundVersion.contains("/") ? foundVersion : "/" + foundVersion;
            throw ApiException.badRequest("invalid object type: " + shown + ", Kind=" + foundKind);
        }
        return object;
    }

    private static ObjectNode asObject(JsonNode tree) {
        if (tree instanceof ObjectNode object) {
            return object;
        }
        throw ApiException.badRequest("error decoding YAML: not an object");
    }
}
