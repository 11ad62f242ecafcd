package io.jubernetes.apiserver.registry.admissionregistration;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.LabelSelectorRules;
import io.jubernetes.common.cel.PolicyExpressions;
import io.jubernetes.common.meta.NameRules;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/// What policies that check objects and policies that change them have in common.
final class PolicyRules {
    private static final Pattern IDENTIFIER = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
    private static final Set<String> RESERVED = Set.of(
            "as",
            "break",
            "const",
            "continue",
            "else",
            "false",
            "for",
            "function",
            "if",
            "import",
            "in",
            "let",
            "loop",
            "namespace",
            "null",
            "package",
            "return",
            "true",
            "var",
            "void",
            "while");

    private PolicyRules() {}

    static void applyDefaults(ObjectNode item) {
        ObjectNode spec = Meta.child(item, "spec");
        Meta.defaultTo(spec, "failurePolicy", "Fail");
        if (spec.get("matchConstraints") instanceof ObjectNode constraints) {
            MatchRules.defaultResources(constraints);
        }
    }

    /// Checks all but what a policy does.
    ///
    /// @param conditions whether the conditions are checked
    /// @return what the other expressions of the policy may use
    static PolicyExpressions check(Field spec, List<String> operations, boolean conditions) {
        if (spec.get("failurePolicy").requireValue()) {
            spec.get("failurePolicy").requireOneOf(List.of("Fail", "Ignore"));
        }
        Field kind = spec.get("paramKind");
        if (kind.isSet()) {
            checkKind(kind);
        }
        Field constraints = spec.get("matchConstraints");
        if (constraints.isSet()) {
            MatchRules.checkResources(constraints, operations);
            constraints.get("resourceRules").requireValue();
        } else {
            constraints.required("");
        }
        PolicyExpressions expressions = PolicyExpressions.of(kind.isSet());
        if (conditions) {
            MatchRules.checkConditions(spec.get("matchConditions"), expressions);
        }
        List<Field> variables = spec.get("variables").items();
        if (!variables.isEmpty()) {
            expressions.compose();
        }
        variables.forEach(variable -> checkVariable(variable, expressions));
        return expressions;
    }

    /// Whether a change leaves the conditions valid as they were.
    static boolean sameConditions(ObjectNode item, ObjectNode old) {
        return Meta.same(Meta.at(item, "spec", "paramKind"), Meta.at(old, "spec", "paramKind"))
                && Meta.same(Meta.at(item, "spec", "matchConditions"), Meta.at(old, "spec", "matchConditions"));
    }

    private static void checkVariable(Field variable, PolicyExpressions expressions) {
        Field name = variable.get("name");
        if (name.text().isBlank()) {
            name.required("name is not specified");
        } else if (!IDENTIFIER.matcher(name.text()).matches() || RESERVED.contains(name.text())) {
            name.invalid("must be a valid CEL identifier");
        }
        Field expression = variable.get("expression");
        if (expression.text().isBlank()) {
            expression.required("expression is not specified");
        } else {
            ExpressionRules.declare(expressions, name.text(), expression);
        }
    }

    private static void checkKind(Field kind) {
        Field version = kind.get("apiVersion");
        String text = version.text();
        int slash = text.indexOf('/');
        if (text.isEmpty()) {
            version.required("");
        } else if (slash != text.lastIndexOf('/')) {
            version.invalid("unexpected GroupVersion string: " + text);
        } else {
            String group = text.substring(0, Math.max(slash, 0));
            String name = text.substring(slash + 1);
            if (!group.isEmpty()) {
                join(version, group, "", NameRules.subdomain(group));
            }
            if (name.isEmpty()) {
                version.invalid("version must be specified");
            } else {
                join(version, name, "", NameRules.label1035(name));
            }
        }
        Field named = kind.get("kind");
        if (named.requireValue()) {
            join(
                    named,
                    named.text(),
                    "may have mixed case, but should otherwise match: ",
                    NameRules.label1035(named.text().toLowerCase(Locale.ROOT)));
        }
    }

    private static void join(Field place, String shown, String prefix, List<String> problems) {
        if (!problems.isEmpty()) {
            place.invalid(shown, prefix + String.join(",", problems));
        }
    }

    /// Checks which objects hold the parameters of a binding.
    static void checkParams(Field params) {
        if (!params.isSet()) {
            return;
        }
        Field name = params.get("name");
        Field selector = params.get("selector");
        String exclusive = "name and selector are mutually exclusive";
        if (!name.isEmpty()) {
            name.requireForm(NameRules::pathSegment);
            if (selector.isSet()) {
                name.forbidden(exclusive);
            }
        }
        if (selector.isSet()) {
            LabelSelectorRules.check(selector);
            if (!name.isEmpty()) {
                selector.forbidden(exclusive);
            }
        } else if (name.isEmpty()) {
            name.required("one of name or selector must be specified");
            selector.required("one of name or selector must be specified");
        }
        Field action = params.get("parameterNotFoundAction");
        if (action.requireValue()) {
            action.requireOneOf(List.of("Allow", "Deny"));
        }
    }
}
