package io.jubernetes.apiserver.audit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.audit.AuditPolicy.Decision;
import io.jubernetes.apiserver.audit.AuditPolicy.Level;
import io.jubernetes.apiserver.audit.AuditPolicy.Stage;
import io.jubernetes.apiserver.request.UserInfo;
import io.jubernetes.apiserver.schema.ApiTime;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.codec.Yaml;
import java.io.IOException;
import java.time.InstantSource;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// What is written down about one request. Thread-safe.
public final class AuditRecord {
    /// Of a request nothing is written down about.
    public static final AuditRecord NONE = new AuditRecord(
            Json.object(), new Decision(Level.NONE, java.util.Set.of(), false), InstantSource.system(), _ -> {});

    private final ObjectNode event; // guarded by this
    private final Decision decision;
    private final InstantSource clock;
    private final Consumer<ObjectNode> sink;

    AuditRecord(ObjectNode event, Decision decision, InstantSource clock, Consumer<ObjectNode> sink) {
        this.event = event;
        this.decision = decision;
        this.clock = clock;
        this.sink = sink;
    }

    /// Whether what the server answers is written down.
    public boolean wantsResponse() {
        return decision.level() == Level.REQUEST_RESPONSE;
    }

    /// The request acts as somebody else.
    ///
    /// @param constraint the verb of constrained impersonation that allows it; may be empty
    public synchronized void impersonates(UserInfo user, String constraint) {
        event.set("impersonatedUser", user(user));
        if (!constraint.isEmpty()) {
            event.putObject("authenticationMetadata").put("impersonationConstraint", constraint);
        }
    }

    static ObjectNode user(UserInfo user) {
        ObjectNode shown = Json.object().put("username", user.name());
        if (!user.uid().isEmpty()) {
            shown.put("uid", user.uid());
        }
        if (!user.groups().isEmpty()) {
            user.groups().forEach(shown.putArray("groups")::add);
        }
        if (!user.extra().isEmpty()) {
            ObjectNode extra = shown.putObject("extra");
            user.extra().forEach((key, values) -> values.forEach(extra.putArray(key)::add));
        }
        return shown;
    }

    /// Adds a fact.
    public synchronized void annotate(String key, String value) {
        ObjectNode all =
                event.get("annotations") instanceof ObjectNode present ? present : event.putObject("annotations");
        if (!all.has(key)) {
            all.put(key, value);
        }
    }

    /// The body of a request for a resource.
    ///
    /// @param type its media type; what is neither JSON nor YAML is not written down
    public synchronized void requestBody(byte[] body, @Nullable String type) {
        boolean wanted = decision.level() == Level.REQUEST || decision.level() == Level.REQUEST_RESPONSE;
        if (!wanted || body.length == 0) {
            return;
        }
        try {
            boolean yaml = type != null && type.contains("yaml");
            if (yaml || type == null || type.contains("json") || type.contains("*/*")) {
                event.set("requestObject", shown(yaml ? Yaml.read(body) : Json.read(body)));
            }
        } catch (IOException e) {
            // A broken body is refused; the answer tells.
        }
    }

    private JsonNode shown(JsonNode object) {
        if (decision.omitManagedFields()) {
            strip(object);
            object.path("items").forEach(AuditRecord::strip);
        }
        return object;
    }

    private static void strip(JsonNode object) {
        if (object.path("metadata") instanceof ObjectNode meta) {
            meta.remove("managedFields");
        }
    }

    /// The request has come in and its sender is known.
    public void received() {
        emit(Stage.REQUEST_RECEIVED);
    }

    /// A long answer begins.
    public synchronized void started(int code) {
        status(code, null);
        emit(Stage.RESPONSE_STARTED);
    }

    /// The answer is given.
    ///
    /// @param body as JSON; null when it is not kept, or is something else
    public synchronized void completed(int code, byte @Nullable [] body) {
        JsonNode answer = null;
        try {
            answer = body == null || body.length == 0 ? null : Json.read(body);
        } catch (IOException e) {
            // Not JSON: the code has to do.
        }
        status(code, answer);
        if (answer != null && wantsResponse() && !isStatus(answer)) {
            event.set("responseObject", shown(answer));
        }
        emit(Stage.RESPONSE_COMPLETE);
    }

    /// The server has failed.
    public synchronized void failed(String message) {
        ObjectNode status = event.putObject("responseStatus");
        status.putObject("metadata");
        status.put("status", "Failure")
                .put("message", message)
                .put("reason", "InternalError")
                .put("code", 500);
        emit(Stage.PANIC);
    }

    private static boolean isStatus(JsonNode answer) {
        return answer.path("kind").asText("").equals("Status");
    }

    private void status(int code, @Nullable JsonNode answer) {
        ObjectNode status = event.putObject("responseStatus");
        status.putObject("metadata");
        if (answer != null && isStatus(answer)) {
            for (String field : new String[] {"status", "message", "reason", "details"}) {
                if (answer.has(field)) {
                    status.set(field, answer.get(field));
                }
            }
        }
        status.put("code", code);
    }

    private synchronized void emit(Stage stage) {
        if (decision.level() == Level.NONE || decision.omitted().contains(stage)) {
            return;
        }
        event.put("stage", stage.toString());
        event.put("stageTimestamp", ApiTime.micros(clock.instant()));
        sink.accept(event.deepCopy());
    }
}
