package io.jubernetes.common.cel;

import io.jubernetes.common.codec.Json;
import java.util.AbstractMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The `variables` of a policy during one evaluation: each is computed when an expression first asks
/// for it, and may use those declared before it. Not thread-safe.
public final class CelVariables extends AbstractMap<Object, Object> {
    private final Map<String, CelExpressions.Compiled> declared;
    private final Map<String, Object> values;
    private final Map<String, Object> known = new HashMap<>();
    private long cost;

    /// @param declared in order
    /// @param values all other variables; expressions see them together with these
    public CelVariables(Map<String, CelExpressions.Compiled> declared, Map<String, Object> values) {
        this.declared = declared;
        this.values = new HashMap<>(values);
        this.values.put("variables", this);
    }

    /// What computing variables has cost since the last time this was asked.
    public long takeCost() {
        long taken = cost;
        cost = 0;
        return taken;
    }

    @Override
    public @Nullable Object get(@Nullable Object key) {
        if (!(key instanceof String name) || !declared.containsKey(name)) {
            return null;
        }
        Object value = known.get(name);
        if (value == null) {
            value = compute(name);
            known.put(name, value);
        }
        if (value instanceof CelFailure failure) {
            throw failure;
        }
        return value;
    }

    /// The value, or the failure to have one, which is kept as well.
    private Object compute(String name) {
        CelExpressions.Compiled compiled = java.util.Objects.requireNonNull(declared.get(name));
        CelProgram program = compiled.program();
        if (program == null) {
            return new CelFailure(
                    "composited variable " + Json.text(name) + " fails to compile: " + compiled.problem());
        }
        var budget = new CelBudget(CelBudget.PER_CALL);
        try {
            return program.run(values, budget);
        } catch (CelFailure e) {
            return new CelFailure("composited variable " + Json.text(name) + " fails to evaluate: " + e.getMessage());
        } finally {
            cost += budget.used();
        }
    }

    @Override
    public boolean containsKey(@Nullable Object key) {
        return key instanceof String name && declared.containsKey(name);
    }

    @Override
    public Set<Map.Entry<Object, Object>> entrySet() {
        Map<Object, Object> all = new LinkedHashMap<>();
        declared.keySet().forEach(name -> all.put(name, java.util.Objects.requireNonNull(get(name))));
        return all.entrySet();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }
}
