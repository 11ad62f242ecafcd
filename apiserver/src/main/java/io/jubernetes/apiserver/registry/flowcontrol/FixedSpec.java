package io.jubernetes.apiserver.registry.flowcontrol;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.flowcontrol.BootstrapFlows;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.common.codec.Json;
import java.util.List;

/// The specs that must be as they were at the start, and how messages show what they are instead: with upstream's
/// names of its internal fields, all of them.
final class FixedSpec {
    private FixedSpec() {}

    /// Reports a flow schema that is mandatory and has another spec.
    static void checkSchema(Field item) {
        String name = item.get("metadata").get("name").text();
        JsonNode spec = item.get("spec").value();
        BootstrapFlows.mandatorySpec("FlowSchema", name)
                .filter(fixed -> !Meta.same(fixed, spec))
                .ifPresent(_ -> item.get("spec")
                        .invalid(shownSchema(spec), "spec of '" + name + "' must equal the fixed value"));
    }

    /// Reports a priority level that is mandatory and has another spec; the share of the exempt one is free.
    static void checkLevel(Field item) {
        String name = item.get("metadata").get("name").text();
        JsonNode spec = item.get("spec").value();
        boolean exempt = name.equals("exempt");
        BootstrapFlows.mandatorySpec("PriorityLevelConfiguration", name)
                .filter(fixed -> exempt
                        ? !fixed.path("type").equals(spec.path("type")) || spec.has("limited")
                        : !Meta.same(fixed, spec))
                .ifPresent(_ -> item.get("spec")
                        .invalid(
                                shownLevel(spec),
                                "spec of '" + name + "'" + (exempt ? " except the 'spec.exempt' field" : "")
                                        + " must equal the fixed value"));
    }

    private static ObjectNode shownSchema(JsonNode spec) {
        ObjectNode shown = Json.object();
        shown.set("PriorityLevelConfiguration", named(spec.path("priorityLevelConfiguration")));
        shown.put("MatchingPrecedence", spec.path("matchingPrecedence").asInt());
        JsonNode method = spec.path("distinguisherMethod");
        shown.set(
                "DistinguisherMethod",
                method.isObject()
                        ? Json.object().put("Type", method.path("type").asText(""))
                        : NullNode.instance);
        ArrayNode rules = shown.putArray("Rules");
        for (JsonNode rule : spec.path("rules")) {
            ObjectNode one = rules.addObject();
            ArrayNode subjects = one.putArray("Subjects");
            rule.path("subjects").forEach(subject -> subjects.add(subject(subject)));
            one.set("ResourceRules", resourceRules(rule.path("resourceRules")));
            one.set("NonResourceRules", pathRules(rule.path("nonResourceRules")));
        }
        return shown;
    }

    private static ObjectNode subject(JsonNode subject) {
        ObjectNode shown = Json.object().put("Kind", subject.path("kind").asText(""));
        shown.set("User", named(subject.path("user")));
        shown.set("Group", named(subject.path("group")));
        JsonNode account = subject.path("serviceAccount");
        shown.set(
                "ServiceAccount",
                account.isObject()
                        ? Json.object()
                                .put("Namespace", account.path("namespace").asText(""))
                                .put("Name", account.path("name").asText(""))
                        : NullNode.instance);
        return shown;
    }

    private static JsonNode named(JsonNode reference) {
        return reference.isObject()
                ? Json.object().put("Name", reference.path("name").asText(""))
                : NullNode.instance;
    }

    private static JsonNode resourceRules(JsonNode rules) {
        if (rules.isEmpty()) {
            return NullNode.instance;
        }
        ArrayNode shown = Json.MAPPER.createArrayNode();
        for (JsonNode rule : rules) {
            ObjectNode one = shown.addObject();
            one.set("Verbs", orNull(rule.path("verbs")));
            one.set("APIGroups", orNull(rule.path("apiGroups")));
            one.set("Resources", orNull(rule.path("resources")));
            one.put("ClusterScope", rule.path("clusterScope").asBoolean());
            one.set("Namespaces", orNull(rule.path("namespaces")));
        }
        return shown;
    }

    private static JsonNode pathRules(JsonNode rules) {
        if (rules.isEmpty()) {
            return NullNode.instance;
        }
        ArrayNode shown = Json.MAPPER.createArrayNode();
        for (JsonNode rule : rules) {
            ObjectNode one = shown.addObject();
            one.set("Verbs", orNull(rule.path("verbs")));
            one.set("NonResourceURLs", orNull(rule.path("nonResourceURLs")));
        }
        return shown;
    }

    private static ObjectNode shownLevel(JsonNode spec) {
        ObjectNode shown = Json.object().put("Type", spec.path("type").asText(""));
        JsonNode limited = spec.path("limited");
        shown.set("Limited", limited.isObject() ? shownLimited(limited) : NullNode.instance);
        JsonNode exempt = spec.path("exempt");
        shown.set(
                "Exempt",
                exempt.isObject() ? fields(exempt, "nominalConcurrencyShares", "lendablePercent") : NullNode.instance);
        return shown;
    }

    private static ObjectNode shownLimited(JsonNode limited) {
        ObjectNode shown = fields(limited, "nominalConcurrencyShares");
        ObjectNode response = shown.putObject("LimitResponse");
        JsonNode given = limited.path("limitResponse");
        response.put("Type", given.path("type").asText(""));
        JsonNode queuing = given.path("queuing");
        response.set(
                "Queuing",
                queuing.isObject() ? fields(queuing, "queues", "handSize", "queueLengthLimit") : NullNode.instance);
        return shown.setAll(fields(limited, "lendablePercent", "borrowingLimitPercent"));
    }

    /// Fields with a capital letter, those too that are not set.
    private static ObjectNode fields(JsonNode object, String... names) {
        ObjectNode shown = Json.object();
        for (String name : List.of(names)) {
            shown.set(Character.toUpperCase(name.charAt(0)) + name.substring(1), orNull(object.path(name)));
        }
        return shown;
    }

    private static JsonNode orNull(JsonNode value) {
        return value.isMissingNode() ? NullNode.instance : value;
    }
}
