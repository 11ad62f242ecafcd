package io.jubernetes.apiserver.admission.match;

import io.jubernetes.common.cel.CelBudget;
import io.jubernetes.common.cel.CelExpressions.Compiled;
import io.jubernetes.common.cel.CelFailure;
import io.jubernetes.common.cel.CelProgram;
import io.jubernetes.common.cel.CelVariables;
import java.io.Serial;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One evaluation of the expressions of a webhook or policy over one request: the values of their
/// variables, and a limit on what all of them together may cost. Used by one thread.
public final class Evaluation {
    /// What the expressions of a policy may cost together.
    public static final long POLICY_BUDGET = 10_000_000;

    /// What the conditions of a webhook or policy may cost together.
    static final long CONDITIONS_BUDGET = 2_500_000;

    private final Map<String, Object> values;
    private final @Nullable CelVariables variables;
    private long left;

    /// @param values by name
    /// @param declared the policy's own variables, in order
    public Evaluation(Map<String, Object> values, Map<String, Compiled> declared, long budget) {
        this.values = new HashMap<>(values);
        variables = declared.isEmpty() ? null : new CelVariables(declared, values);
        if (variables != null) {
            this.values.put("variables", variables);
        }
        left = budget;
    }

    /// What an expression came to.
    public sealed interface Outcome {}

    /// A value.
    public record Value(Object value) implements Outcome {}

    /// No value, and why, as the API words it.
    public record Failure(String message) implements Outcome {}

    /// The expressions have used up what they may cost together.
    public static final class OutOfBudget extends Exception {
        @Serial
        private static final long serialVersionUID = 1L;

        OutOfBudget() {
            super(
                    "validation failed due to running out of cost budget, no further validation rules will be run",
                    null,
                    false,
                    false);
        }
    }

    /// Evaluates one expression.
    ///
    /// @param text of the expression, for messages
    public Outcome run(String text, Compiled compiled) throws OutOfBudget {
        CelProgram program = compiled.program();
        if (program == null) {
            return new Failure("compilation error: " + compiled.problem());
        }
        var call = new CelBudget(CelBudget.PER_CALL);
        Outcome outcome;
        try {
            outcome = new Value(program.run(values, call));
        } catch (CelFailure e) {
            outcome = new Failure("expression '" + text + "' resulted in error: " + e.getMessage());
        }
        left -= call.used() + (variables == null ? 0 : variables.takeCost());
        if (left < 0) {
            throw new OutOfBudget();
        }
        return outcome;
    }
}
