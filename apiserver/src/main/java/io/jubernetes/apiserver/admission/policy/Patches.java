package io.jubernetes.apiserver.admission.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.admission.match.Patched;
import io.jubernetes.apiserver.apply.PartialMerge;
import io.jubernetes.apiserver.patch.JsonPatch;
import io.jubernetes.apiserver.patch.PatchException;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.common.cel.CelFailure;
import io.jubernetes.common.cel.CelStruct;
import io.jubernetes.common.cel.CelTree;
import io.jubernetes.common.codec.Json;
import java.io.Serial;
import java.util.List;

/// Carries out what the expressions of mutations come to.
final class Patches {
    private Patches() {}

    /// A change that cannot be made.
    static final class NotApplicable extends Exception {
        @Serial
        private static final long serialVersionUID = 1L;

        NotApplicable(String message) {
            super(message, null, false, false);
        }
    }

    /// The object with a part laid over it, as server-side apply does.
    static ObjectNode part(AdmissionRequest request, ApiResource resource, ObjectNode object, Object value)
            throws NotApplicable {
        if (!(value instanceof CelStruct struct)) {
            throw new NotApplicable("unsupported return type from ApplyConfiguration expression");
        }
        ObjectNode part = (ObjectNode) tree(struct);
        part.put("kind", object.path("kind").asText())
                .put("apiVersion", object.path("apiVersion").asText());
        try {
            ObjectNode merged = PartialMerge.merge(Patched.schema(request, resource), object, part);
            return Patched.decoded(request, resource, merged, false);
        } catch (IllegalArgumentException e) {
            throw new NotApplicable("error applying patch: " + e.getMessage());
        }
    }

    /// The object with JSON patch operations done to it; as it was when one of their tests fails.
    static ObjectNode operations(AdmissionRequest request, ApiResource resource, ObjectNode object, Object value)
            throws NotApplicable {
        ArrayNode operations = Json.MAPPER.createArrayNode();
        if (!(value instanceof List<?> list)) {
            throw new NotApplicable("type conversion error: list of JSONPatch expected");
        }
        for (Object item : list) {
            if (!(item instanceof CelStruct operation)) {
                throw new NotApplicable("type conversion error: JSONPatch expected");
            }
            operations.add(tree(operation));
        }
        JsonNode patched;
        try {
            patched = JsonPatch.apply(object, operations);
        } catch (PatchException e) {
            if (e.isFailedTest()) {
                return object;
            }
            throw new NotApplicable("JSON Patch: " + e.getMessage());
        }
        if (!(patched instanceof ObjectNode whole)) {
            throw ApiException.internal("the patched value is not an object");
        }
        return Patched.decoded(request, resource, whole, true);
    }

    private static JsonNode tree(CelStruct struct) throws NotApplicable {
        if (!struct.typeName().equals("JSONPatch")) {
            check(struct);
        } else if (struct.get("value") instanceof CelStruct value) {
            check(value);
        }
        try {
            return CelTree.tree(struct);
        } catch (CelFailure e) {
            throw new NotApplicable(
                    "JSONPath valueExpression evaluated to a type that could not marshal to JSON: " + e.getMessage());
        }
    }

    private static void check(CelStruct struct) throws NotApplicable {
        String misplaced = struct.misplaced();
        if (misplaced != null) {
            throw new NotApplicable("type mismatch: " + misplaced);
        }
    }
}
