package io.jubernetes.apiserver.customresource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.schema.ApiTime;
import io.jubernetes.common.codec.Json;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Decides which of the names a definition asks for it gets, and what its conditions say of that. Pure.
final class Naming {
    private Naming() {}

    /// Names of a group that are taken.
    private record Taken(Set<String> resources, Set<String> kinds) {}

    /// The definition with its accepted names and conditions brought up to date.
    ///
    /// @param others all other definitions
    static ObjectNode settle(ObjectNode definition, List<JsonNode> others, Instant now) {
        ObjectNode result = definition.deepCopy();
        Taken taken = taken(definition, others);
        JsonNode wanted = definition.path("spec").path("names");
        JsonNode accepted = definition.path("status").path("acceptedNames");
        ObjectNode names = accepted instanceof ObjectNode present ? present.deepCopy() : Json.object();
        List<String> conflict = new ArrayList<>();
        accept("plural", "PluralConflict", wanted, accepted, taken.resources(), names, conflict);
        accept("singular", "SingularConflict", wanted, accepted, taken.resources(), names, conflict);
        acceptShortNames(wanted, accepted, taken.resources(), names, conflict);
        accept("kind", "KindConflict", wanted, accepted, taken.kinds(), names, conflict);
        accept("listKind", "ListKindConflict", wanted, accepted, taken.kinds(), names, conflict);
        if (wanted.path("categories").isEmpty()) {
            names.remove("categories");
        } else {
            names.set("categories", wanted.path("categories").deepCopy());
        }
        ObjectNode status = Meta.child(result, "status");
        status.set("acceptedNames", names);
        boolean free = conflict.isEmpty();
        setCondition(
                result,
                "NamesAccepted",
                free ? "True" : "False",
                free ? "NoConflicts" : conflict.getFirst(),
                free ? "no conflicts found" : conflict.getLast(),
                now);
        if (!CustomKind.isTrue(definition, "Established")) {
            setCondition(
                    result,
                    "Established",
                    free ? "True" : "False",
                    free ? "InitialNamesAccepted" : "NotAccepted",
                    free ? "the initial names have been accepted" : "not all names are accepted",
                    now);
        }
        approval(result, now);
        return result;
    }

    private static Taken taken(JsonNode definition, List<JsonNode> others) {
        var taken = new Taken(new HashSet<>(), new HashSet<>());
        String group = definition.path("spec").path("group").asText();
        for (JsonNode other : others) {
            if (Meta.name(other).equals(Meta.name(definition))
                    || !other.path("spec").path("group").asText().equals(group)) {
                continue;
            }
            JsonNode names = other.path("status").path("acceptedNames");
            for (String field : List.of("plural", "singular")) {
                taken.resources().add(names.path(field).asText(""));
            }
            names.path("shortNames").forEach(name -> taken.resources().add(name.asText()));
            for (String field : List.of("kind", "listKind")) {
                taken.kinds().add(names.path(field).asText(""));
            }
        }
        taken.resources().remove("");
        taken.kinds().remove("");
        return taken;
    }

    /// @param conflict gets the reason and message of a conflict; the last one counts
    private static void accept(
            String field,
            String reason,
            JsonNode wanted,
            JsonNode accepted,
            Set<String> taken,
            ObjectNode names,
            List<String> conflict) {
        String name = wanted.path(field).asText("");
        if (!name.equals(accepted.path(field).asText("")) && taken.contains(name)) {
            tell(conflict, reason, Json.text(name) + " is already in use");
        } else {
            names.put(field, name);
        }
    }

    private static void tell(List<String> conflict, String reason, String message) {
        conflict.clear();
        conflict.add(reason);
        conflict.add(message);
    }

    private static void acceptShortNames(
            JsonNode wanted, JsonNode accepted, Set<String> taken, ObjectNode names, List<String> conflict) {
        Set<String> own = new HashSet<>();
        accepted.path("shortNames").forEach(name -> own.add(name.asText()));
        List<String> refused = new ArrayList<>();
        for (JsonNode name : wanted.path("shortNames")) {
            if (!own.contains(name.asText()) && taken.contains(name.asText())) {
                refused.add(Json.text(name.asText()) + " is already in use");
            }
        }
        if (!refused.isEmpty()) {
            tell(
                    conflict,
                    "ShortNamesConflict",
                    refused.size() == 1 ? refused.getFirst() : "[" + String.join(", ", refused) + "]");
        } else if (wanted.path("shortNames").isEmpty()) {
            names.remove("shortNames");
        } else {
            names.set("shortNames", wanted.path("shortNames").deepCopy());
        }
    }

    /// Definitions in groups of the Kubernetes community say who has approved them.
    private static void approval(ObjectNode definition, Instant now) {
        if (!CrdRules.isCommunityGroup(definition.path("spec").path("group").asText())) {
            return;
        }
        String given = Meta.annotations(definition).getOrDefault(CrdRules.APPROVAL, "");
        String type = "KubernetesAPIApprovalPolicyConformant";
        if (given.startsWith("unapproved")) {
            setCondition(definition, type, "False", "UnapprovedAnnotation", "not approved: " + Json.text(given), now);
        } else if (given.startsWith("https://")) {
            setCondition(definition, type, "True", "ApprovedAnnotation", "approved in " + given, now);
        } else {
            setCondition(
                    definition,
                    type,
                    "False",
                    given.isEmpty() ? "MissingAnnotation" : "InvalidAnnotation",
                    "protected groups must have approval annotation \"" + CrdRules.APPROVAL
                            + "\" with either a URL or a reason starting with \"unapproved\", see "
                            + "https://github.com/kubernetes/enhancements/pull/1111",
                    now);
        }
    }

    /// Sets a condition; its time changes with its status only.
    static void setCondition(
            ObjectNode definition, String type, String status, String reason, String message, Instant now) {
        ObjectNode parent = Meta.child(definition, "status");
        ObjectNode condition = Json.object();
        condition.put("type", type).put("status", status);
        condition.put("lastTransitionTime", ApiTime.seconds(now));
        condition.put("reason", reason).put("message", message);
        if (!(parent.get("conditions") instanceof com.fasterxml.jackson.databind.node.ArrayNode list)) {
            parent.putArray("conditions").add(condition);
            return;
        }
        for (int i = 0; i < list.size(); i++) {
            JsonNode present = list.get(i);
            if (present.path("type").asText().equals(type)) {
                if (present.path("status").asText().equals(status)) {
                    condition.set("lastTransitionTime", present.path("lastTransitionTime"));
                }
                list.set(i, condition);
                return;
            }
        }
        list.add(condition);
    }
}
