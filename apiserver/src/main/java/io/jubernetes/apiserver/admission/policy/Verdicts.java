package io.jubernetes.apiserver.admission.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.admission.match.Conditions;
import io.jubernetes.apiserver.admission.match.Evaluation;
import io.jubernetes.apiserver.admission.match.Evaluation.Failure;
import io.jubernetes.apiserver.admission.match.Evaluation.OutOfBudget;
import io.jubernetes.apiserver.admission.match.Evaluation.Value;
import io.jubernetes.apiserver.admission.match.Inputs;
import io.jubernetes.apiserver.admission.policy.Policy.Annotation;
import io.jubernetes.apiserver.admission.policy.Policy.Step;
import io.jubernetes.apiserver.admission.policy.Policy.Validation;
import io.jubernetes.common.cel.CelNull;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What a validating policy says of one request with one set of parameters. Immutable.
///
/// @param findings all that is wrong, in the order of the validations
/// @param annotations for the audit log, by the policy's keys
record Verdicts(List<Finding> findings, Map<String, String> annotations) {
    private static final int MAX_MESSAGE = 5 << 10;
    private static final int MAX_ANNOTATION = 10 << 10;

    /// One thing that is wrong.
    ///
    /// @param index of the validation
    /// @param error whether an expression came to no value
    /// @param annotation whether it is about an annotation, which denies whatever the binding says
    record Finding(int index, String message, String reason, boolean error, boolean annotation) {}

    private static final Verdicts NONE = new Verdicts(List.of(), Map.of());

    /// Evaluates a policy.
    ///
    /// @param values the variables of expressions, without parameters
    static Verdicts of(Policy policy, Map<String, Object> values, Optional<JsonNode> params) {
        Map<String, Object> all = new HashMap<>(values);
        if (policy.paramKind() != null) {
            all.put("params", Inputs.value(params.orElse(null)));
        }
        switch (policy.conditions().evaluate(withoutNamespace(all))) {
            case Conditions.Holds _ -> {}
            case Conditions.Excluded _ -> {
                return NONE;
            }
            case Conditions.Failed(var message, var _) -> {
                return failed(policy, message);
            }
        }
        try {
            var evaluation = new Evaluation(all, policy.variables(), Evaluation.POLICY_BUDGET);
            List<Finding> findings = validations(policy, evaluation);
            var notes = new Evaluation(all, policy.variables(), Evaluation.POLICY_BUDGET);
            return new Verdicts(findings, annotations(policy, notes, findings));
        } catch (OutOfBudget e) {
            return failed(policy, String.valueOf(e.getMessage()));
        }
    }

    /// Conditions are not told of the namespace.
    static Map<String, Object> withoutNamespace(Map<String, Object> values) {
        Map<String, Object> rest = new HashMap<>(values);
        rest.put("namespaceObject", CelNull.NULL);
        return rest;
    }

    private static Verdicts failed(Policy policy, String message) {
        return policy.ignore()
                ? NONE
                : new Verdicts(List.of(new Finding(0, message, "Invalid", true, false)), Map.of());
    }

    private static List<Finding> validations(Policy policy, Evaluation evaluation) throws OutOfBudget {
        List<Finding> findings = new ArrayList<>();
        int index = -1;
        for (Step step : policy.steps()) {
            index++;
            if (!(step instanceof Validation validation)) {
                continue;
            }
            switch (evaluation.run(validation.expression(), validation.condition())) {
                case Value(var value) -> {
                    if (!value.equals(true)) {
                        findings.add(
                                new Finding(index, message(validation, evaluation), validation.reason(), false, false));
                    }
                }
                case Failure(var message) -> {
                    if (!policy.ignore()) {
                        findings.add(new Finding(index, message, "Invalid", true, false));
                    }
                }
            }
        }
        return findings;
    }

    /// What the validation's own expression says, when it comes to a proper text.
    private static String message(Validation validation, Evaluation evaluation) throws OutOfBudget {
        String text = "";
        if (validation.shown() != null && validation.shownText() != null) {
            text = evaluation.run(validation.shownText(), validation.shown()) instanceof Value(var value)
                            && value instanceof String shown
                    ? shown.strip()
                    : "";
            if (text.getBytes(StandardCharsets.UTF_8).length > MAX_MESSAGE || text.indexOf('\n') >= 0) {
                text = "";
            }
        }
        if (text.isEmpty()) {
            text = validation.message();
        }
        return text.isEmpty() ? "failed expression: " + validation.expression().strip() : text;
    }

    private static Map<String, String> annotations(Policy policy, Evaluation evaluation, List<Finding> findings)
            throws OutOfBudget {
        Map<String, String> annotations = new LinkedHashMap<>();
        for (Annotation annotation : policy.annotations()) {
            switch (evaluation.run(annotation.expression(), annotation.value())) {
                case Value(var value) -> {
                    String text = value instanceof String found ? found.strip() : "";
                    if (!text.isEmpty()) {
                        annotations.put(annotation.key(), text.substring(0, Math.min(text.length(), MAX_ANNOTATION)));
                    }
                }
                case Failure(var message) -> {
                    if (!policy.ignore()) {
                        findings.add(new Finding(0, message, "Invalid", true, true));
                    }
                }
            }
        }
        return annotations;
    }
}
