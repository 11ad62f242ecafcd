package io.jubernetes.apiserver.admission.match;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.admission.match.Evaluation.Failure;
import io.jubernetes.apiserver.admission.match.Evaluation.OutOfBudget;
import io.jubernetes.apiserver.admission.match.Evaluation.Value;
import io.jubernetes.common.cel.CelExpressions.Compiled;
import io.jubernetes.common.cel.PolicyExpressions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// The `matchConditions` of a webhook or policy, compiled. Immutable.
public final class Conditions {
    private record Condition(String expression, Compiled compiled) {}

    private final List<Condition> conditions;

    private Conditions(List<Condition> conditions) {
        this.conditions = List.copyOf(conditions);
    }

    /// What the conditions say of a request: yes, no, or nothing, as one of them failed.
    public sealed interface Verdict {}

    /// All conditions hold.
    public record Holds() implements Verdict {}

    /// At least one condition does not hold.
    public record Excluded() implements Verdict {}

    /// No condition says no, but some came to no value.
    public record Failed(String message, int errors) implements Verdict {}

    /// Compiles the conditions of a list.
    public static Conditions of(JsonNode list, PolicyExpressions expressions) {
        List<Condition> conditions = new ArrayList<>();
        for (JsonNode condition : list) {
            String text = condition.path("expression").asText("").strip();
            conditions.add(new Condition(text, expressions.compile(text, true)));
        }
        return new Conditions(conditions);
    }

    public boolean isEmpty() {
        return conditions.isEmpty();
    }

    /// @param values of the variables; the policy's own ones cannot be used here
    public Verdict evaluate(Map<String, Object> values) {
        var evaluation = new Evaluation(values, Map.of(), Evaluation.CONDITIONS_BUDGET);
        List<String> errors = new ArrayList<>();
        boolean excluded = false;
        try {
            for (Condition condition : conditions) {
                switch (evaluation.run(condition.expression(), condition.compiled())) {
                    case Value(var value) -> excluded |= value.equals(false);
                    case Failure(var message) -> errors.add(message);
                }
            }
        } catch (OutOfBudget e) {
            return new Failed(String.valueOf(e.getMessage()), 1);
        }
        if (excluded) {
            return new Excluded();
        }
        if (errors.isEmpty()) {
            return new Holds();
        }
        List<String> distinct = errors.stream().distinct().toList();
        String message = distinct.size() == 1 ? distinct.getFirst() : "[" + String.join(", ", distinct) + "]";
        return new Failed(message, errors.size());
    }
}
