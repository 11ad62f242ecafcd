package io.jubernetes.apiserver.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.request.RequestInfo;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.BuiltinResources;
import io.jubernetes.apiserver.resource.DeleteOptions;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectDeletion;
import io.jubernetes.apiserver.resource.ObjectService;
import io.jubernetes.apiserver.resource.WriteOptions;
import io.jubernetes.apiserver.schema.ApiTime;
import io.jubernetes.common.codec.Json;
import java.time.Clock;
import java.util.List;

/// Binding a pod to its node, and evicting it.
final class PodSubresources {
    private final ObjectService objects;
    private final ObjectDeletion deletion;
    private final Clock clock;

    PodSubresources(ObjectService objects, ObjectDeletion deletion, Clock clock) {
        this.objects = objects;
        this.deletion = deletion;
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
        String kind = binding.path("target").path("kind").asText("");
        String node = binding.path("target").path("name").asText("");
        String name = info.name().isEmpty() ? Meta.name(binding) : info.name();
        if (!kind.isEmpty() && !kind.equals("Node")) {
            throw ApiException.invalid(
                    "", "Binding", name, List.of(Cause.notSupported("target.kind", kind, List.of("Node", "<empty>"))));
        }
        if (node.isEmpty()) {
            throw ApiException.invalid("", "Binding", name, List.of(Cause.required("target.name", "")));
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
                    "Precondition failed: UID in precondition: " + uid + ", UID in object meta: " + Meta.uid(pod));
        }
        if (Meta.isTerminating(pod)) {
            throw ApiException.conflict(pods, name, "pod " + name + " is being deleted, cannot be assigned to a host");
        }
        ObjectNode spec = Meta.child(pod, "spec");
        String present = spec.path("nodeName").asText("");
        if (!present.isEmpty()) {
            throw ApiException.conflict(
                    pods, name, "pod " + name + " is already assigned to node " + Json.text(present));
        }
        if (!spec.path("schedulingGates").isEmpty()) {
            throw ApiException.conflict(pods, name, "pod " + name + " has non-empty .spec.schedulingGates");
        }
        spec.put("nodeName", node);
        Meta.annotations(binding)
                .forEach((key, value) -> Meta.child(Meta.of(pod), "annotations").put(key, value));
        setCondition(pod, "PodScheduled", "True", "", "");
        return pod;
    }

    private void setCondition(ObjectNode pod, String type, String status, String reason, String message) {
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
        condition.put("status", status);
        putOrRemove(condition, "reason", reason);
        putOrRemove(condition, "message", message);
    }

    private static void putOrRemove(ObjectNode node, String field, String value) {
        if (value.isEmpty()) {
            node.remove(field);
        } else {
            node.put(field, value);
        }
    }

    /// `pods/NAME/eviction`
    Reply evict(Call call, ApiResource pods) {
        RequestInfo info = call.context().info();
        BodyReader.Parsed parsed =
                BodyReader.object(call.body(), call.contentType(), BuiltinResources.schemaOf("policy/v1", "Eviction"));
        JsonNode body = parsed.object();
        String name = body.path("metadata").path("name").asText(info.name());
        if (!name.equals(info.name())) {
            throw ApiException.badRequest("name in URL does not match name in Eviction object");
        }
        JsonNode options = body.path("deleteOptions");
        boolean dryRun =
                !call.query().all("dryRun").isEmpty() || !options.path("dryRun").isEmpty();
        JsonNode preconditions = options.path("preconditions");
        deletion.delete(
                call.context(),
                pods,
                info.namespace(),
                name,
                new DeleteOptions(
                        options.hasNonNull("gracePeriodSeconds")
                                ? options.get("gracePeriodSeconds").asLong()
                                : null,
                        preconditions.hasNonNull("uid")
                                ? preconditions.get("uid").asText()
                                : null,
                        preconditions.hasNonNull("resourceVersion")
                                ? preconditions.get("resourceVersion").asText()
                                : null,
                        null,
                        dryRun));
        return Reply.json(201, success(201));
    }
}
