package io.jubernetes.scheduler.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/// What must hold for the arguments of `NodeAffinity`: the affinity that is added to that of every pod.
final class NodeAffinityRules {
    private NodeAffinityRules() {}

    static void check(Fields args) {
        if (!args.has("addedAffinity")) {
            return;
        }
        Fields added = args.object("addedAffinity");
        Fields required = added.object("requiredDuringSchedulingIgnoredDuringExecution");
        required.objects("nodeSelectorTerms").forEach(NodeAffinityRules::term);
        required.rejectOthers();
        for (Fields preferred : added.objects("preferredDuringSchedulingIgnoredDuringExecution")) {
            preferred.integer("weight", 0, 1, 100, "must be in the range 1-100");
            term(preferred.object("preference"));
            preferred.rejectOthers();
        }
        added.rejectOthers();
    }

    private static void term(Fields term) {
        term.objects("matchExpressions").forEach(NodeAffinityRules::label);
        term.objects("matchFields").forEach(NodeAffinityRules::field);
        term.rejectOthers();
    }

    private static void label(Fields requirement) {
        PluginArguments.checkName(requirement, requirement.path("key"), requirement.text("key", ""));
        String operator = requirement.text("operator", "");
        List<JsonNode> values = requirement.items("values");
        Problems problems = requirement.problems();
        String path = requirement.path("values");
        switch (operator) {
            case "In", "NotIn" -> {
                if (values.isEmpty()) {
                    problems.required(path, "must be specified when `operator` is 'In' or 'NotIn'");
                }
            }
            case "Exists", "DoesNotExist" -> {
                if (!values.isEmpty()) {
                    problems.forbidden(path, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
                }
            }
            case "Gt", "Lt" -> {
                if (values.size() != 1) {
                    problems.required(path, "must be specified single value when `operator` is 'Lt' or 'Gt'");
                } else if (!values.getFirst().asText().matches("[+-]?\\d+")) {
                    problems.invalid(
                            path + "[0]", values.getFirst(), "for 'Gt', 'Lt' operators, the value must be an integer");
                }
            }
            default ->
                problems.unsupported(
                        requirement.path("operator"), operator, "DoesNotExist", "Exists", "Gt", "In", "Lt", "NotIn");
        }
        requirement.rejectOthers();
    }

    private static void field(Fields requirement) {
        String key = requirement.text("key", "");
        if (!key.equals("metadata.name")) {
            requirement.problems().invalid(requirement.path("key"), key, "not a valid field selector key");
        }
        String operator = requirement.text("operator", "");
        if (!operator.equals("In") && !operator.equals("NotIn")) {
            requirement.problems().unsupported(requirement.path("operator"), operator, "In", "NotIn");
        }
        if (requirement.items("values").size() != 1) {
            requirement
                    .problems()
                    .required(
                            requirement.path("values"),
                            "must be only one value when `operator` is 'In' or 'NotIn' for node field selector");
        }
        requirement.rejectOthers();
    }
}
