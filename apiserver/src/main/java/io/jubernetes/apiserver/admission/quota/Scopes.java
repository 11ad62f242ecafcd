package io.jubernetes.apiserver.admission.quota;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.common.codec.Json;
import java.util.ArrayList;
import java.util.List;

/// The conditions that confine a quota to some objects. Pure.
final class Scopes {
    private Scopes() {}

    /// All conditions of a quota; none means it is about everything.
    static List<JsonNode> of(JsonNode quota) {
        List<JsonNode> all = new ArrayList<>();
        for (JsonNode scope : quota.path("spec").path("scopes")) {
            all.add(Json.object().put("scopeName", scope.asText()).put("operator", "Exists"));
        }
        quota.path("spec").path("scopeSelector").path("matchExpressions").forEach(all::add);
        return all;
    }

    static boolean matches(JsonNode quota, Evaluator evaluator, ObjectNode object) {
        return of(quota).stream().allMatch(requirement -> evaluator.isIn(requirement, object));
    }

    /// Whether a requirement holds for a name.
    ///
    /// @param value empty when there is none
    static boolean selects(JsonNode requirement, String value) {
        boolean listed = false;
        for (JsonNode each : requirement.path("values")) {
            listed |= !value.isEmpty() && each.asText().equals(value);
        }
        return switch (requirement.path("operator").asText()) {
            case "Exists" -> !value.isEmpty();
            case "DoesNotExist" -> value.isEmpty();
            case "In" -> listed;
            case "NotIn" -> !listed;
            default -> false;
        };
    }

    /// How a requirement is shown in refusals.
    static String describe(JsonNode requirement) {
        List<String> values = new ArrayList<>();
        requirement.path("values").forEach(value -> values.add(value.asText()));
        return "{" + requirement.path("scopeName").asText() + " "
                + requirement.path("operator").asText() + " [" + String.join(" ", values) + "]}";
    }
}
