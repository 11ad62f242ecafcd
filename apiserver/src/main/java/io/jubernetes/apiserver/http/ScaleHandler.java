package io.jubernetes.apiserver.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.customresource.CustomScale;
import io.jubernetes.apiserver.customresource.CustomStrategy;
import io.jubernetes.apiserver.patch.JsonPatch;
import io.jubernetes.apiserver.patch.MergePatch;
import io.jubernetes.apiserver.patch.PatchException;
import io.jubernetes.apiserver.request.RequestInfo;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.BuiltinResources;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectService;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.resource.WriteOptions;
import io.jubernetes.common.codec.Json;
import java.io.IOException;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/// The `scale` subresource of the built-in workloads: an `autoscaling/v1` Scale made from the object
/// and written back to it.
final class ScaleHandler {
    private static final String VERSION = "autoscaling/v1";

    private final ObjectStorage storage;
    private final ObjectService objects;
    private final Clock clock;

    ScaleHandler(ObjectStorage storage, ObjectService objects, Clock clock) {
        this.storage = storage;
        this.objects = objects;
        this.clock = clock;
    }

    Reply handle(Call call, ApiResource resource) {
        RequestInfo info = call.context().info();
        return switch (info.verb()) {
            case "get" -> answer(call, scaleOf(resource, latest(call, resource)));
            case "update" -> {
                WriteOptions options = call.query()
                        .writeOptions("UpdateOptions", call.context().userAgent());
                BodyReader.Parsed parsed =
                        BodyReader.object(call.body(), call.contentType(), BuiltinResources.schemaOf(VERSION, "Scale"));
                ObjectNode wanted = decode(call, resource, parsed.object(), options);
                ResourceHandler.checkName(info, wanted);
                yield write(call, resource, _ -> wanted, options);
            }
            case "patch" -> {
                WriteOptions options =
                        call.query().writeOptions("PatchOptions", call.context().userAgent());
                boolean apply =
                        String.valueOf(call.contentType()).split(";")[0].strip().equals(ServerSideApply.TYPE);
                ServerSideApply.checkOptions(call, apply);
                if (apply) {
                    ObjectService.Updated applied =
                            new ServerSideApply(objects, clock).applyScale(call, resource, options);
                    yield answer(call, scaleOf(resource, applied.object()));
                }
                yield write(
                        call, resource, present -> decode(call, resource, patched(call, present), options), options);
            }
            default -> throw ApiException.noSuchMethod();
        };
    }

    private static ObjectNode decode(Call call, ApiResource resource, ObjectNode scale, WriteOptions options) {
        String kind = scale.path("kind").asText("Scale");
        if (!kind.equals("Scale")) {
            String version = scale.path("apiVersion").asText("v1");
            String shown = version.substring(version.indexOf('/') + 1);
            throw ApiException.badRequest(kind + " in version " + Json.text(shown)
                    + " cannot be handled as a Scale: converting (" + shown + "." + kind
                    + ") to (autoscaling.Scale): unknown conversion");
        }
        ObjectNode decoded = BodyReader.decode(
                call.context(),
                BuiltinResources.schemaOf(VERSION, "Scale"),
                "Scale",
                new BodyReader.Parsed(scale, List.of()),
                options,
                "v1");
        long replicas = decoded.path("spec").path("replicas").asLong(0);
        if (replicas < 0 && !resource.strategy().isCustom()) {
            throw ApiException.invalid(
                    "autoscaling",
                    "Scale",
                    Meta.name(decoded),
                    List.of(Cause.invalid("spec.replicas", replicas, "must be greater than or equal to 0")));
        }
        return decoded;
    }

    private ObjectNode latest(Call call, ApiResource resource) {
        RequestInfo info = call.context().info();
        return storage.latest(
                        resource, info.namespace(), info.name(), call.context().deadline())
                .orElseThrow(() -> ApiException.notFound(resource, info.name()))
                .object();
    }

    private Reply write(Call call, ApiResource resource, UnaryOperator<ObjectNode> change, WriteOptions options) {
        RequestInfo info = call.context().info();
        ObjectService.Updated updated = objects.update(
                call.context(),
                resource,
                info.namespace(),
                info.name(),
                "scale",
                present -> {
                    boolean custom = resource.strategy().isCustom();
                    // A custom object that says nothing of replicas yet can be scaled all the same.
                    ObjectNode before = custom ? customBefore(resource, present) : scaleOf(resource, present);
                    ObjectNode wanted = change.apply(before);
                    ObjectNode result = present.deepCopy();
                    long replicas = wanted.path("spec").path("replicas").asLong(0);
                    resource.strategy().setReplicas(result, replicas);
                    String version = Meta.resourceVersion(wanted);
                    if (version.isEmpty() && custom) {
                        return result;
                    }
                    if (version.isEmpty()) {
                        Meta.of(result).remove("resourceVersion");
                    } else {
                        Meta.of(result).put("resourceVersion", version);
                    }
                    return result;
                },
                options);
        return answer(call, scaleOf(resource, updated.object()));
    }

    private Reply answer(Call call, ObjectNode scale) {
        var resource = new ApiResource(
                "autoscaling",
                "v1",
                "scales",
                "scale",
                "Scale",
                "ScaleList",
                true,
                java.util.Set.of(),
                List.of(),
                List.of(),
                java.util.Map.of(),
                null,
                BuiltinResources.schemaOf(VERSION, "Scale"),
                io.jubernetes.apiserver.resource.Strategy.NONE);
        return new ObjectFormat(resource, call.format(resource, false), clock).one(200, scale, "");
    }

    private static ObjectNode patched(Call call, ObjectNode present) {
        String type = call.contentType() == null
                ? ""
                : call.contentType().split(";")[0].strip();
        try {
            JsonNode patch = Json.read(call.body());
            if (type.equals("application/json-patch+json")
                    && patch instanceof com.fasterxml.jackson.databind.node.ArrayNode operations) {
                return (ObjectNode) JsonPatch.apply(present, operations);
            }
            if (patch instanceof ObjectNode merge) {
                return MergePatch.apply(present, merge);
            }
        } catch (IOException e) {
            throw ApiException.badRequest("error decoding patch: " + e.getMessage());
        } catch (PatchException e) {
            throw ApiException.of(
                    422, "Invalid", "the server rejected our request due to an error in our request", Json.object());
        }
        throw ApiException.badRequest("error decoding patch: not an object");
    }

    private static Optional<CustomScale> customScale(ApiResource resource) {
        return resource.strategy() instanceof CustomStrategy custom ? custom.scale() : Optional.empty();
    }

    private static ObjectNode customBefore(ApiResource resource, ObjectNode present) {
        ObjectNode copy = present.deepCopy();
        customScale(resource).ifPresent(scale -> scale.complete(copy));
        return scaleOf(resource, copy);
    }

    private static ObjectNode scaleOf(ApiResource resource, ObjectNode object) {
        return resource.strategy().scaleOf(object);
    }
}
