package io.jubernetes.apiserver.flowcontrol;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.apply.ManagedFields;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectService;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.resource.WriteOptions;
import io.jubernetes.apiserver.resource.WriteOptions.FieldValidation;
import io.jubernetes.apiserver.schema.ApiTime;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.time.Deadline;
import java.time.Clock;
import java.time.Duration;

/// Says in each flow schema's status whether there is the priority level that it names. Thread-safe.
final class DanglingCondition {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final String MANAGER = "api-priority-and-fairness-config-consumer-v1";
    private static final WriteOptions OPTIONS = new WriteOptions(false, MANAGER, FieldValidation.IGNORE).forApply();

    private final ApiResource schemas;
    private final ApiResource levels;
    private final ObjectStorage storage;
    private final ObjectService objects;
    private final ManagedFields ownership;
    private final Clock clock;

    DanglingCondition(
            ApiResource schemas, ApiResource levels, ObjectStorage storage, ObjectService objects, Clock clock) {
        this.schemas = schemas;
        this.levels = levels;
        this.storage = storage;
        this.objects = objects;
        this.clock = clock;
        ownership = new ManagedFields(clock);
    }

    /// Writes what is not so yet.
    void report() {
        storage.cache(schemas)
                .snapshot()
                .range("", null)
                .forEachRemaining(object ->
                        storage.cached(schemas, "", object.name()).ifPresent(schema -> report(schema.object())));
    }

    private void report(ObjectNode schema) {
        String level = schema.path("spec")
                .path("priorityLevelConfiguration")
                .path("name")
                .asText("");
        boolean exists = BootstrapFlows.isMandatory(level)
                || storage.cached(levels, "", level).isPresent();
        ObjectNode condition = condition(level, exists);
        if (isSaid(schema, condition)) {
            return;
        }
        condition.put("lastTransitionTime", ApiTime.seconds(clock.instant()));
        String name = Meta.name(schema);
        ObjectNode patch = Json.object();
        patch.put("apiVersion", schemas.apiVersion()).put("kind", schemas.kind());
        patch.putObject("metadata").put("name", name);
        patch.putObject("status").putArray("conditions").add(condition);
        var request = new ManagedFields.ApplyRequest(schemas, "status", MANAGER, true);
        try {
            objects.update(
                    schemas.ownRequest("patch", "", name, Deadline.in(LIMIT)),
                    schemas,
                    "",
                    name,
                    "status",
                    present -> ownership.apply(request, present, patch),
                    OPTIONS);
        } catch (ApiException e) {
            if (e.code() != 404) { // 404: deleted meanwhile
                throw e;
            }
        }
    }

    private static ObjectNode condition(String level, boolean exists) {
        String start = "This FlowSchema references the PriorityLevelConfiguration object named " + Json.text(level);
        return Json.object()
                .put("type", "Dangling")
                .put("status", exists ? "False" : "True")
                .put("reason", exists ? "Found" : "NotFound")
                .put("message", start + (exists ? " and it exists" : " but there is no such object"));
    }

    private static boolean isSaid(ObjectNode schema, ObjectNode wanted) {
        for (JsonNode present : schema.path("status").path("conditions")) {
            if (wanted.properties().stream().allMatch(field -> field.getValue().equals(present.path(field.getKey())))) {
                return true;
            }
        }
        return false;
    }
}
