package io.jubernetes.common.cel;

import dev.cel.common.types.CelType;
import java.util.Map;
import java.util.Set;

/// A checked expression, ready to run. Thread-safe.
public final class CelProgram {
    private final Step step;
    private final CelType type;
    private final long maxCost;
    private final Set<String> variables;

    CelProgram(Step step, CelType type, long maxCost, Set<String> variables) {
        this.step = step;
        this.type = type;
        this.maxCost = maxCost;
        this.variables = Set.copyOf(variables);
    }

    /// Runs the expression.
    ///
    /// @param values of the variables, in the form [CelValues] describes
    /// @param budget what it may cost
    /// @throws CelFailure when it comes to no value or costs too much
    public Object run(Map<String, Object> values, CelBudget budget) {
        return step.run(new Frame(values, budget));
    }

    public CelType type() {
        return type;
    }

    /// What it can cost at most, as far as sizes are known; saturates.
    public long maxCost() {
        return maxCost;
    }

    /// Whether the expression mentions a variable.
    public boolean uses(String variable) {
        return variables.contains(variable);
    }

    /// One compiled piece of an expression.
    interface Step {
        Object run(Frame frame);
    }

    /// The variables of one run.
    static final class Frame {
        private final Map<String, Object> values;
        private final CelBudget budget;

        Frame(Map<String, Object> values, CelBudget budget) {
            this.values = values;
            this.budget = budget;
        }

        CelBudget budget() {
            return budget;
        }

        Object get(String name) {
            Object value = values.get(name);
            if (value == null) {
                throw new CelFailure("no such attribute(s): " + name);
            }
            return value;
        }

        Frame with(Map<String, Object> more) {
            return new Frame(more, budget);
        }

        Map<String, Object> values() {
            return values;
        }
    }
}
