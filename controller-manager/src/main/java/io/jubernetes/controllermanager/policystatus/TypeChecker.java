package io.jubernetes.controllermanager.policystatus;

import io.fabric8.kubernetes.api.model.admissionregistration.v1.ExpressionWarning;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.NamedRuleWithOperations;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ParamKind;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingAdmissionPolicySpec;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.Variable;
import io.jubernetes.common.cel.CelShape;
import io.jubernetes.common.cel.PolicyExpressions;
import io.jubernetes.controllermanager.policystatus.KnownTypes.Kind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Compiles the expressions of a policy once for each kind it matches, with that kind's type, and tells what does not
/// fit. A rule with a wildcard for groups or versions is not followed, nor are subresources.
final class TypeChecker {
    private static final int MAX_KINDS = 10;
    private static final String PREFIX = "compilation failed: ";

    private final KnownTypes types;

    TypeChecker(KnownTypes types) {
        this.types = types;
    }

    /// What does not fit, in the order of the expressions; empty when all does.
    List<ExpressionWarning> check(ValidatingAdmissionPolicySpec spec) {
        Map<Kind, CelShape> kinds = new LinkedHashMap<>();
        kinds(spec).forEach(kind -> types.shapeOf(kind).ifPresent(shape -> kinds.put(kind, shape)));
        @Nullable CelShape params = params(spec.getParamKind());
        List<ExpressionWarning> warnings = new ArrayList<>();
        for (int i = 0; i < spec.getValidations().size(); i++) {
            var validation = spec.getValidations().get(i);
            String path = "spec.validations[" + i + "].";
            warn(warnings, path + "expression", validation.getExpression(), spec.getVariables(), kinds, params);
            String message = validation.getMessageExpression();
            if (message != null && !message.isEmpty()) {
                warn(warnings, path + "messageExpression", message, spec.getVariables(), kinds, params);
            }
        }
        return warnings;
    }

    private static void warn(
            List<ExpressionWarning> warnings,
            String field,
            String expression,
            List<Variable> variables,
            Map<Kind, CelShape> kinds,
            @Nullable CelShape params) {
        List<String> found = new ArrayList<>();
        kinds.forEach((kind, shape) -> {
            PolicyExpressions expressions = PolicyExpressions.of(shape, params);
            expressions.compose();
            variables.forEach(variable -> expressions.declare(variable.getName(), variable.getExpression()));
            String problem = expressions.compile(expression, true).problem();
            if (problem != null) {
                found.add(kind + ": " + problem.substring(problem.startsWith(PREFIX) ? PREFIX.length() : 0) + "\n");
            }
        });
        if (!found.isEmpty()) {
            warnings.add(new ExpressionWarning(field, String.join("\n", found)));
        }
    }

    private @Nullable CelShape params(@Nullable ParamKind kind) {
        if (kind == null) {
            return null;
        }
        String apiVersion = kind.getApiVersion();
        int slash = apiVersion.indexOf('/');
        var wanted = new Kind(
                slash < 0 ? "" : apiVersion.substring(0, slash), apiVersion.substring(slash + 1), kind.getKind());
        // An unknown type is left open rather than taken for none: the name must not look undeclared.
        return types.shapeOf(wanted).orElse(CelShape.DYN);
    }

    private Set<Kind> kinds(ValidatingAdmissionPolicySpec spec) {
        Set<Kind> kinds = new TreeSet<>(
                Comparator.comparing(Kind::group).thenComparing(Kind::version).thenComparing(Kind::kind));
        if (spec.getMatchConstraints() == null) {
            return kinds;
        }
        for (NamedRuleWithOperations rule : spec.getMatchConstraints().getResourceRules()) {
            if (has(rule.getApiGroups(), "*") || has(rule.getApiVersions(), "*")) {
                continue;
            }
            for (String group : sorted(rule.getApiGroups())) {
                for (String version : sorted(rule.getApiVersions())) {
                    for (String resource : sorted(rule.getResources())) {
                        if (resource.contains("*") || resource.contains("/")) {
                            continue;
                        }
                        kinds.addAll(types.kindsOf(group, version, resource));
                        if (kinds.size() >= MAX_KINDS) {
                            return kinds;
                        }
                    }
                }
            }
        }
        return kinds;
    }

    private static boolean has(List<String> texts, String part) {
        return texts.stream().anyMatch(text -> text.contains(part));
    }

    private static List<String> sorted(List<String> texts) {
        return texts.stream().sorted().toList();
    }
}
