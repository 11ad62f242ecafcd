package io.jubernetes.apiserver.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.patch.GoText;
import io.jubernetes.apiserver.patch.JsonPatch;
import io.jubernetes.apiserver.patch.MergePatch;
import io.jubernetes.apiserver.patch.PatchException;
import io.jubernetes.apiserver.patch.StrategicMergePatch;
import io.jubernetes.apiserver.request.RequestInfo;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.ObjectService;
import io.jubernetes.apiserver.resource.Strategy;
import io.jubernetes.apiserver.resource.WriteOptions;
import io.jubernetes.apiserver.resource.WriteOptions.FieldValidation;
import io.jubernetes.apiserver.schema.DecodeException;
import io.jubernetes.common.codec.Json;
import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// Carries out PATCH: reads the patch, applies it to the object as it is stored now, and decodes the result.
final class PatchHandler {
    static final String JSON_PATCH = "application/json-patch+json";
    static final String MERGE_PATCH = "application/merge-patch+json";
    static final String STRATEGIC_PATCH = "application/strategic-merge-patch+json";

    /// What a patch of a built-in kind may be; custom resources have no strategic merge.
    static final List<String> TYPES = List.of(JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, ServerSideApply.TYPE);

    private static final List<String> CUSTOM_TYPES = List.of(JSON_PATCH, MERGE_PATCH, ServerSideApply.TYPE);
    private static final Set<String> OPERATION_FIELDS = Set.of("op", "path", "from", "value");

    private final ObjectService objects;
    private final ServerSideApply apply;
    private final Clock clock;

    PatchHandler(ObjectService objects, ServerSideApply apply, Clock clock) {
        this.objects = objects;
        this.apply = apply;
        this.clock = clock;
    }

    /// What a patch makes of the object it is applied to.
    ///
    /// @param shown the value messages show when the result is refused
    /// @param strict what strict validation finds in the patch itself
    private record Patched(ObjectNode object, String shown, List<String> strict) {}

    @FunctionalInterface
    private interface Patch {
        Patched to(ObjectNode present) throws PatchException;
    }

    Reply handle(Call call, ApiResource resource) {
        RequestInfo info = call.context().info();
        MediaFormat media = call.format(resource, false);
        String type = type(call);
        if (!(resource.isCustom() ? CUSTOM_TYPES : TYPES).contains(type)) {
            throw ApiException.unsupportedMediaType(resource.isCustom() ? CUSTOM_TYPES : TYPES);
        }
        WriteOptions options =
                call.query().writeOptions("PatchOptions", call.context().userAgent());
        ServerSideApply.checkOptions(call, type.equals(ServerSideApply.TYPE));
        ObjectService.Updated updated;
        if (type.equals(ServerSideApply.TYPE)) {
            updated = apply.apply(call, resource, options);
        } else {
            updated = objects.update(
                    call.context(),
                    resource,
                    ResourceHandler.storedNamespace(resource, info),
                    info.name(),
                    info.subresource(),
                    change(call, resource, type, options),
                    options);
        }
        return new ObjectFormat(resource, media, clock)
                .one(updated.created() ? 201 : 200, ResourceHandler.shown(resource, updated.object()), call.query());
    }

    static String type(Call call) {
        return call.contentType() == null
                ? ""
                : call.contentType().split(";")[0].strip();
    }

    private static ObjectService.Change change(Call call, ApiResource resource, String type, WriteOptions options) {
        Patch patch = switch (type) {
            case JSON_PATCH -> jsonPatch(call, options);
            case MERGE_PATCH -> mergePatch(call, options);
            default -> strategicPatch(call, resource);
        };
        boolean strategic = type.equals(STRATEGIC_PATCH);
        return present -> {
            Patched patched;
            try {
                patched = patch.to(ResourceHandler.shown(resource, present));
            } catch (PatchException e) {
                throw refused(e);
            }
            return decoded(call, resource, patched, strategic, options);
        };
    }

    private static ApiException refused(PatchException failure) {
        String message = String.valueOf(failure.getMessage());
        return switch (failure.problem()) {
            case MALFORMED -> ApiException.badRequest(message);
            case UNPROCESSABLE ->
                ApiException.of(
                        422,
                        "Invalid",
                        "the server rejected our request due to an error in our request",
                        Json.object());
            case UNEXPECTED -> ApiException.plain(500, message);
        };
    }

    // Reading patches

    private static JsonNode tree(Call call, String prefix) {
        try {
            JsonNode tree = Json.read(call.body());
            if (!tree.isMissingNode()) {
                return tree;
            }
        } catch (IOException e) {
            throw ApiException.badRequest(prefix + BodyReader.problem(call.body(), e));
        }
        throw ApiException.badRequest(prefix + "unexpected end of JSON input");
    }

    private static ObjectNode object(Call call, String prefix) {
        JsonNode tree = tree(call, prefix);
        if (tree.isNull()) {
            return Json.object();
        }
        if (tree instanceof ObjectNode object) {
            return object;
        }
        throw ApiException.badRequest(prefix + "json: cannot unmarshal " + BodyReader.goType(tree)
                + " into Go value of type map[string]interface {}");
    }

    private static List<String> duplicates(Call call) {
        return BodyReader.duplicates(call.body()).stream()
                .map(path -> "duplicate field " + Json.text(path))
                .toList();
    }

    private static Patch jsonPatch(Call call, WriteOptions options) {
        JsonNode tree = tree(call, "error decoding patch: ");
        if (!(tree instanceof ArrayNode operations)) {
            throw ApiException.badRequest("error decoding patch: json: cannot unmarshal " + BodyReader.goType(tree)
                    + " into Go value of type []handlers.jsonPatchOp");
        }
        for (JsonNode operation : operations) {
            if (!operation.isObject() && !operation.isNull()) {
                throw ApiException.badRequest("error decoding patch: json: cannot unmarshal "
                        + BodyReader.goType(operation) + " into Go value of type handlers.jsonPatchOp");
            }
        }
        if (operations.size() > JsonPatch.MAX_OPERATIONS) {
            throw ApiException.tooLarge("The allowed maximum operations in a JSON patch is " + JsonPatch.MAX_OPERATIONS
                    + ", got " + operations.size());
        }
        List<String> strict =
                options.fieldValidation() == FieldValidation.IGNORE ? List.of() : strict(call, operations);
        return present -> {
            JsonNode result = JsonPatch.apply(present, operations);
            if (!(result instanceof ObjectNode object)) {
                throw new PatchException(PatchException.Problem.UNPROCESSABLE, "the patched value is not an object");
            }
            ObjectNode sorted = sorted(object);
            return new Patched(sorted, sorted.toString(), strict);
        };
    }

    private static List<String> strict(Call call, ArrayNode operations) {
        List<String> found = new ArrayList<>();
        BodyReader.duplicates(call.body()).forEach(path -> {
            // Values are raw: what is in them is looked at when they are part of the object.
            if (path.indexOf('.') == path.lastIndexOf('.')) {
                found.add("json patch duplicate field " + Json.text(path));
            }
        });
        for (int i = 0; i < operations.size(); i++) {
            String place = "[" + i + "].";
            operations.get(i).properties().forEach(entry -> {
                if (!OPERATION_FIELDS.contains(entry.getKey())) {
                    found.add("json patch unknown field " + Json.text(place + entry.getKey()));
                }
            });
        }
        return found;
    }

    private static Patch mergePatch(Call call, WriteOptions options) {
        if (tree(call, "error decoding patch: ").isNull()) {
            throw ApiException.badRequest("Invalid JSON Patch");
        }
        ObjectNode patch = object(call, "error decoding patch: ");
        List<String> strict = options.fieldValidation() == FieldValidation.IGNORE ? List.of() : duplicates(call);
        return present -> {
            ObjectNode result = sorted(MergePatch.apply(present, patch));
            return new Patched(result, result.toString(), strict);
        };
    }

    private static Patch strategicPatch(Call call, ApiResource resource) {
        ObjectNode patch = object(call, "");
        List<String> strict = duplicates(call);
        return present ->
                new Patched(StrategicMergePatch.apply(resource.schema(), present, patch), GoText.of(patch), strict);
    }

    /// With the fields of the outermost structs in order, as messages and warnings about a patched object go.
    private static ObjectNode sorted(ObjectNode object) {
        Map<String, JsonNode> fields = new TreeMap<>();
        object.properties().forEach(entry -> fields.put(entry.getKey(), entry.getValue()));
        return Json.object().setAll(fields);
    }

    // Decoding the result

    private static ObjectNode decoded(
            Call call, ApiResource resource, Patched patched, boolean strategic, WriteOptions options) {
        ObjectNode object = patched.object();
        if (!resource.isCustom()) {
            if (!strategic) {
                checkType(resource, object, patched.shown());
            }
            object.put("kind", resource.kind()).put("apiVersion", resource.apiVersion());
        }
        keepReset(object);
        Strategy.Decoded result;
        try {
            result = resource.strategy().decode(resource.schema(), object);
        } catch (DecodeException e) {
            String why = strategic ? e.restoring() : String.valueOf(e.getMessage());
            throw invalid(patched.shown(), why);
        }
        List<String> problems = new ArrayList<>(patched.strict());
        List<String> unknown = new ArrayList<>();
        result.unknown().forEach(path -> unknown.add("unknown field " + Json.text(path)));
        if (strategic) {
            unknown.sort(null);
        }
        problems.addAll(unknown);
        if (!problems.isEmpty()) {
            if (options.fieldValidation() == FieldValidation.STRICT) {
                throw invalid(patched.shown(), "strict decoding error: " + String.join(", ", problems));
            }
            if (options.fieldValidation() == FieldValidation.WARN) {
                problems.forEach(call.context()::warn);
            }
        }
        ObjectNode decoded = result.object();
        ResourceHandler.checkName(call.context().info(), decoded);
        if (resource.isCustom()) {
            CustomBodies.checkType(resource, decoded);
        }
        decoded.put("kind", resource.kind()).put("apiVersion", resource.apiVersion());
        resource.strategy().applyDefaults(decoded);
        return resource.strategy().toStorage(decoded);
    }

    /// Decoding drops empty lists; a patch that empties managed fields means to reset them, which one empty entry says.
    static void keepReset(ObjectNode object) {
        if (object.path("metadata").path("managedFields") instanceof ArrayNode fields && fields.isEmpty()) {
            fields.addObject();
        }
    }

    private static void checkType(ApiResource resource, ObjectNode object, String shown) {
        String kind = object.path("kind").asText("");
        String apiVersion = object.path("apiVersion").asText("");
        TypeCheck.problem(resource, kind, apiVersion).ifPresent(problem -> {
            throw invalid(shown, problem);
        });
    }

    private static ApiException invalid(String shown, String why) {
        return ApiException.invalid("", "", "", List.of(Cause.invalid("patch", shown, why)));
    }
}
