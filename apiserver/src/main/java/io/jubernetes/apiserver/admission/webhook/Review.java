package io.jubernetes.apiserver.admission.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.admission.match.Inputs;
import io.jubernetes.apiserver.admission.match.Requests;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.common.codec.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// The question to a webhook, and what an answer to it must look like. Immutable.
///
/// @param tree the AdmissionReview
record Review(String version, String uid, boolean mutating, ObjectNode tree) {
    private static final String GROUP = "admission.k8s.io";

    /// @param seenAs the resource in the version the webhook asks for
    static Review of(AdmissionRequest request, ApiResource seenAs, String version, boolean mutating) {
        String uid = UUID.randomUUID().toString();
        ObjectNode body = Json.object().put("uid", uid);
        ObjectNode facts = Inputs.request(request, seenAs);
        JsonNode dryRun = facts.remove("dryRun");
        JsonNode options = facts.remove("options");
        body.setAll(facts);
        body.set("object", orNull(Requests.seenAs(request, seenAs, request.object())));
        body.set("oldObject", orNull(Requests.seenAs(request, seenAs, request.old())));
        body.set("dryRun", dryRun);
        body.set("options", options);
        ObjectNode tree = Json.object().put("kind", "AdmissionReview").put("apiVersion", GROUP + "/" + version);
        tree.set("request", body);
        return new Review(version, uid, mutating, tree);
    }

    private static JsonNode orNull(@Nullable ObjectNode object) {
        return object == null ? Json.MAPPER.nullNode() : object;
    }

    /// A proper answer.
    ///
    /// @param status what a refusal says; a missing node when it says nothing
    /// @param patch of JSON patch operations; empty for none
    record Answer(
            boolean allowed,
            JsonNode status,
            byte[] patch,
            String patchType,
            Map<String, String> annotations,
            List<String> warnings) {}

    /// Checks an answer.
    ///
    /// @throws IOException when it is none to this question; the message says why
    Answer check(JsonNode answer) throws IOException {
        JsonNode response = answer.path("response");
        if (!response.isObject()) {
            throw new IOException("webhook response was absent");
        }
        byte[] patch = patch(response);
        boolean typed = response.hasNonNull("patchType");
        String type = response.path("patchType").asText("");
        if (version.equals("v1")) {
            checkIdentity(answer, response);
            if (mutating) {
                checkPatch(patch.length > 0, typed, type);
            } else if (patch.length > 0) {
                throw new IOException("validating webhook may not return response.patch");
            } else if (typed) {
                throw new IOException("validating webhook may not return response.patchType");
            }
        } else if (!typed) {
            type = "JSONPatch";
        }
        List<String> warnings = new ArrayList<>();
        response.path("warnings").forEach(warning -> warnings.add(warning.asText()));
        return new Answer(
                response.path("allowed").asBoolean(false),
                response.path("status"),
                patch,
                type,
                Meta.strings(response.path("auditAnnotations")),
                List.copyOf(warnings));
    }

    private static byte[] patch(JsonNode response) throws IOException {
        try {
            return Base64.getDecoder().decode(response.path("patch").asText(""));
        } catch (IllegalArgumentException e) {
            throw new IOException("illegal base64 data in response.patch", e);
        }
    }

    private void checkIdentity(JsonNode answer, JsonNode response) throws IOException {
        String given = response.path("uid").asText("");
        if (!given.equals(uid)) {
            throw new IOException("expected response.uid=" + Json.text(uid) + ", got " + Json.text(given));
        }
        String kind = answer.path("kind").asText("");
        String apiVersion = answer.path("apiVersion").asText("");
        if (!kind.equals("AdmissionReview") || !apiVersion.equals(GROUP + "/v1")) {
            throw new IOException("expected webhook response of " + GROUP + "/v1, Kind=AdmissionReview, got "
                    + (apiVersion.contains("/") ? apiVersion : "/" + apiVersion) + ", Kind=" + kind);
        }
    }

    private static void checkPatch(boolean patched, boolean typed, String type) throws IOException {
        if (patched && !typed) {
            throw new IOException("webhook returned response.patch but not response.patchType");
        }
        if (!patched && typed) {
            throw new IOException("webhook returned response.patchType but not response.patch");
        }
        if (typed && type.isEmpty()) {
            throw new IOException("webhook returned invalid response.patchType of \"\"");
        }
    }
}
