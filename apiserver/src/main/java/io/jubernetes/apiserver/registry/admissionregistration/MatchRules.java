package io.jubernetes.apiserver.registry.admissionregistration;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.LabelSelectorRules;
import io.jubernetes.common.cel.PolicyExpressions;
import io.jubernetes.common.meta.NameRules;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Which requests a webhook or policy is asked about: rules, selectors and conditions.
final class MatchRules {
    static final List<String> OPERATIONS = List.of("*", "CONNECT", "CREATE", "DELETE", "UPDATE");

    /// Policies that change objects never see deletions.
    static final List<String> MUTATING_OPERATIONS = List.of("*", "CONNECT", "CREATE", "UPDATE");

    private static final int MAX_CONDITIONS = 64;

    private MatchRules() {}

    /// Completes the rules of a list.
    static void defaultScopes(ObjectNode owner, String field) {
        Meta.items(owner, field).forEach(rule -> Meta.defaultTo(rule, "scope", "*"));
    }

    /// Completes what a policy or binding matches.
    static void defaultResources(ObjectNode resources) {
        Meta.defaultTo(resources, "matchPolicy", "Equivalent");
        Meta.child(resources, "namespaceSelector");
        Meta.child(resources, "objectSelector");
        defaultScopes(resources, "resourceRules");
        defaultScopes(resources, "excludeResourceRules");
    }

    /// Checks what a policy or binding matches.
    static void checkResources(Field resources, List<String> operations) {
        if (resources.get("matchPolicy").requireValue()) {
            resources.get("matchPolicy").requireOneOf(List.of("Equivalent", "Exact"));
        }
        for (String selector : List.of("namespaceSelector", "objectSelector")) {
            if (resources.get(selector).isSet()) {
                LabelSelectorRules.check(resources.get(selector));
            } else {
                resources.get(selector).required("");
            }
        }
        for (String rules : List.of("resourceRules", "excludeResourceRules")) {
            for (Field rule : resources.get(rules).items()) {
                checkNames(rule.get("resourceNames"));
                checkRule(rule, operations);
            }
        }
    }

    private static void checkNames(Field names) {
        Set<String> seen = new HashSet<>();
        for (Field name : names.items()) {
            name.requireForm(NameRules::pathSegment);
            if (!seen.add(name.text())) {
                name.duplicate();
            }
        }
    }

    /// Checks one rule of a webhook or policy.
    static void checkRule(Field rule, List<String> supported) {
        Field operations = rule.get("operations");
        checkWildcard(operations, "operations");
        operations.items().forEach(operation -> operation.requireOneOf(supported));
        checkWildcard(rule.get("apiGroups"), "API groups");
        Field versions = rule.get("apiVersions");
        checkWildcard(versions, "API versions");
        versions.items().forEach(Field::requireValue);
        checkResourceNames(rule.get("resources"));
        rule.get("scope").requireOneOf(List.of("*", "Cluster", "Namespaced"));
    }

    private static void checkWildcard(Field list, String what) {
        if (list.isEmpty()) {
            list.required("");
        } else if (list.items().size() > 1 && contains(list, "*")) {
            list.invalid("if '*' is present, must not specify other " + what);
        }
    }

    private static boolean contains(Field list, String text) {
        return list.items().stream().anyMatch(item -> item.text().equals(text));
    }

    private static void checkResourceNames(Field resources) {
        if (resources.isEmpty()) {
            resources.required("");
            return;
        }
        Set<String> withAllParts = new HashSet<>();
        Set<String> partsOfAll = new HashSet<>();
        boolean whole = false;
        for (Field resource : resources.items()) {
            String text = resource.text();
            int slash = text.indexOf('/');
            if (text.isEmpty()) {
                resource.required("");
            } else if (slash < 0) {
                whole |= !text.equals("*");
            } else if (!text.equals("*/*")) {
                checkPart(resource, text.substring(0, slash), text.substring(slash + 1), withAllParts, partsOfAll);
            }
        }
        if (resources.items().size() > 1 && contains(resources, "*/*")) {
            resources.invalid("if '*/*' is present, must not specify other resources");
        }
        if (whole && contains(resources, "*")) {
            resources.invalid("if '*' is present, must not specify other resources without subresources");
        }
    }

    private static void checkPart(
            Field resource, String name, String part, Set<String> withAllParts, Set<String> partsOfAll) {
        if (withAllParts.contains(name)) {
            resource.invalid("if '" + name + "/*' is present, must not specify " + resource.text());
        }
        if (partsOfAll.contains(part)) {
            resource.invalid("if '*/" + part + "' is present, must not specify " + resource.text());
        }
        if (part.equals("*")) {
            withAllParts.add(name);
        }
        if (name.equals("*")) {
            partsOfAll.add(part);
        }
    }

    /// Checks the conditions of a webhook or policy.
    static void checkConditions(Field conditions, PolicyExpressions expressions) {
        if (conditions.items().size() > MAX_CONDITIONS) {
            conditions.tooMany(conditions.items().size(), MAX_CONDITIONS);
        }
        Set<String> seen = new HashSet<>();
        for (Field condition : conditions.items()) {
            Field expression = condition.get("expression");
            if (expression.text().isBlank()) {
                expression.required("");
            } else {
                ExpressionRules.check(expressions, expression, expression.text().strip(), ExpressionRules.BOOL);
            }
            Field name = condition.get("name");
            if (name.requireValue()) {
                name.requireForm(NameRules::qualifiedName);
                if (!seen.add(name.text())) {
                    name.duplicate();
                }
            }
        }
    }
}
