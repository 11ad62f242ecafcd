package io.jubernetes.apiserver.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.request.RequestInfo;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.BuiltinResources;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectService;
import io.jubernetes.apiserver.resource.WriteOptions;
import io.jubernetes.apiserver.schema.ApiTime;
import io.jubernetes.common.codec.Json;
import java.time.Clock;
import java.util.List;
import java.util.Map;

/// Binding a pod to its node.
final class PodSubresources {
    private final ObjectService objects;
    private final Clock clock;

    PodSubresources(ObjectService objects, Clock clock) {
        this.objects = objects;
        this.clock = clock;
    }

    /// `pods/NAME/binding`, and `bindings` with the pod's name in the body.
    Reply bind(Call call, ApiResource pods) {
        RequestInfo info = call.context().info();
        WriteOptions options =
                call.query().writeOptions("CreateOptions", call.context().userAgent());
        BodyReader.Parsed parsed =
                BodyReader.object(call.body(), call.contentType(), BuiltinResources.schemaOf("v1", "Binding"));
        ObjectNode binding = BodyReader.decode(
                call.context(), BuiltinResources.schemaOf("v1", "Binding"), "Binding", parsed, options, "v1");
        String name = info.name().isEmpty() ? Meta.name(binding) : info.name();
        binding.put("kind", "Binding").put("apiVersion", "v1");
        objects.admit(new AdmissionRequest(
                call.context(),
                pods,
                AdmissionRequest.Operation.CREATE,
                info.namespace(),
                name,
                "binding",
                binding,
                null,
                options.dryRun(),
                Json.object()));
        String kind = binding.path("target").path("kind").asText("");
        String node = binding.path("target").path("name").asText("");
        if (!name.equals(Meta.name(binding)) && binding.path("metadata").has("name")) {
            throw ApiException.badRequest("name in URL does not match name in Binding object");
        }
        // The API does not say "invalid" here; clients see a plain failure.
        if (!kind.isEmpty() && !kind.equals("Node")) {
            throw ApiException.plain(
                    500,
                    "target.kind: Unsupported value: " + Json.text(kind) + ": supported values: \"Node\", \"<empty>\"");
        }
        if (node.isEmpty()) {
            throw ApiException.plain(500, "target.name: Required value");
        }
        String uid = Meta.uid(binding);
        objects.update(
                call.context(),
                pods,
                info.namespace(),
                name,
                "binding",
                pod -> bound(pods, pod, node, uid, binding),
                options);
        return Reply.json(201, success(201));
    }

    static ObjectNode success(int code) {
        ObjectNode status = Json.object();
        status.put("kind", "Status").put("apiVersion", "v1");
        status.putObject("metadata");
        status.put("status", "Success").put("code", code);
        return status;
    }

    private ObjectNode bound(ApiResource pods, ObjectNode pod, String node, String uid, ObjectNode binding) {
        String name = Meta.name(pod);
        if (!uid.isEmpty() && !uid.equals(Meta.uid(pod))) {
            throw ApiException.conflict(
                    pods,
                    name,
                    "StorageError: invalid object, Code: 4, Key: " + pods.key(Meta.namespace(pod), name)
                            + ", ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: "
                            + uid
                            + ", UID in object meta: " + Meta.uid(pod));
        }
        if (Meta.isTerminating(pod)) {
            throw conflict(name, "pod " + name + " is being deleted, cannot be assigned to a host");
        }
        ObjectNode spec = Meta.child(pod, "spec");
        String present = spec.path("nodeName").asText("");
        if (!present.isEmpty()) {
            throw conflict(name, "pod " + name + " is already assigned to node " + Json.text(present));
        }
        if (!spec.path("schedulingGates").isEmpty()) {
            throw conflict(name, "pod " + name + " has non-empty .spec.schedulingGates");
        }
        spec.put("nodeName", node);
        Map<String, String> labels = Meta.labels(pod);
        Meta.labels(binding).forEach((key, value) -> {
            if (!labels.containsKey(key)) {
                Meta.child(Meta.of(pod), "labels").put(key, value);
            }
        });
        Meta.annotations(binding)
                .forEach((key, value) -> Meta.child(Meta.of(pod), "annotations").put(key, value));
        condition(pod, "PodScheduled", "True", clock).remove(List.of("reason", "message"));
        return pod;
    }

    private static ApiException conflict(String name, String why) {
        ObjectNode details = Json.object().put("name", name).put("kind", "pods/binding");
        return ApiException.of(
                409,
                "Conflict",
                "Operation cannot be fulfilled on pods/binding " + Json.text(name) + ": " + why,
                details);
    }

    /// A pod's condition, made when it has none of that type, with its status set.
    static ObjectNode condition(ObjectNode pod, String type, String status, Clock clock) {
        ObjectNode podStatus = Meta.child(pod, "status");
        ArrayNode conditions =
                podStatus.get("conditions") instanceof ArrayNode list ? list : podStatus.putArray("conditions");
        ObjectNode condition = null;
        for (JsonNode entry : conditions) {
            if (entry.path("type").asText("").equals(type)) {
                condition = (ObjectNode) entry;
            }
        }
        if (condition == null) {
            condition = conditions.addObject().put("type", type);
            condition.putNull("lastProbeTime");
        }
        if (!condition.path("status").asText("").equals(status)) {
            condition.put("lastTransitionTime", ApiTime.seconds(clock.instant()));
        }
        return condition.put("status", status);
    }
}
