package io.jubernetes.apiserver.flowcontrol;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.resource.Meta;
import java.util.Comparator;
import java.util.List;

/// Which requests belong together, and the priority level they are on.
///
/// @param precedence a request belongs to the matching schema with the least
/// @param level name of the priority level
record FlowSchema(
        String name, String uid, int precedence, String level, Distinguisher distinguisher, List<FlowRule> rules) {
    /// The order in which schemas are asked.
    static final Comparator<FlowSchema> ORDER =
            Comparator.comparingInt(FlowSchema::precedence).thenComparing(FlowSchema::name);

    /// What parts a schema's requests into flows.
    enum Distinguisher {
        NONE,
        BY_USER,
        BY_NAMESPACE
    }

    /// Reads a stored object.
    static FlowSchema of(JsonNode object) {
        JsonNode spec = object.path("spec");
        return new FlowSchema(
                Meta.name(object),
                Meta.uid(object),
                spec.path("matchingPrecedence").asInt(),
                spec.path("priorityLevelConfiguration").path("name").asText(""),
                switch (spec.path("distinguisherMethod").path("type").asText("")) {
                    case "ByUser" -> Distinguisher.BY_USER;
                    case "ByNamespace" -> Distinguisher.BY_NAMESPACE;
                    default -> Distinguisher.NONE;
                },
                spec.path("rules").valueStream().map(FlowRule::of).toList());
    }

    boolean matches(Arrival arrival) {
        for (FlowRule rule : rules) {
            if (rule.matches(arrival)) {
                return true;
            }
        }
        return false;
    }

    /// What tells the request's flow from the schema's others.
    String distinguish(Arrival arrival) {
        return switch (distinguisher) {
            case NONE -> "";
            case BY_USER -> arrival.user().name();
            case BY_NAMESPACE -> arrival.namespace();
        };
    }
}
