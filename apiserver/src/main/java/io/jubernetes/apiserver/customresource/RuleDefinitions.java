package io.jubernetes.apiserver.customresource;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cel.common.types.SimpleType;
import io.jubernetes.apiserver.customresource.Structural.Rule;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.common.cel.CelExpressions;
import io.jubernetes.common.cel.CelProgram;
import io.jubernetes.common.cel.CelShape;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Checks the validation rules of a definition's schema: their form, that they compile, and what they
/// may cost. One instance checks one schema.
final class RuleDefinitions {
    private static final List<String> REASONS =
            List.of("FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired");

    private static final long RULE_LIMIT = 10_000_000;
    private static final long TOTAL_LIMIT = 100_000_000;
    private static final int MOST_EXPENSIVE = 4;
    private static final long UNBOUNDED = -1;

    private final Structural schema;
    private final List<Expensive> costs = new ArrayList<>();
    private long total;

    /// What one expression can cost.
    private record Expensive(String path, long cost) {}

    private RuleDefinitions(Structural schema) {
        this.schema = schema;
    }

    static RuleDefinitions of(Structural schema) {
        return new RuleDefinitions(schema);
    }

    Context root() {
        return new Context(schema, "", true, 1);
    }

    /// A place in the schema, with what the costs of its rules depend on.
    final class Context {
        private final Structural schema;
        private final String path;
        private final boolean resource;
        private final long cardinality;

        /// @param cardinality how many values can stand here in one object; [#UNBOUNDED] when there
        ///     is no limit
        Context(Structural schema, String path, boolean resource, long cardinality) {
            this.schema = schema;
            this.path = path;
            this.resource = resource;
            this.cardinality = cardinality;
        }

        @Nullable
        Context property(String name) {
            Structural below = schema.property(name);
            return below == null ? null : new Context(below, path + "." + name, below.isEmbedded(), cardinality);
        }

        @Nullable
        Context items() {
            Structural below = schema.items();
            return below == null
                    ? null
                    : new Context(below, path + ".@items", below.isEmbedded(), times(schema.limit("maxItems")));
        }

        @Nullable
        Context additional() {
            Structural below = schema.additional();
            return below == null
                    ? null
                    : new Context(below, path + ".@values", below.isEmbedded(), times(schema.limit("maxProperties")));
        }

        private long times(@Nullable JsonNode limit) {
            if (limit == null || cardinality == UNBOUNDED) {
                return UNBOUNDED;
            }
            return multiply(cardinality, Math.max(0, limit.asLong()));
        }

        /// Everything wrong with the rules here.
        ///
        /// @param uncorrelatable the path of the list that keeps old values from being found; null
        ///     when they can be
        List<Cause> compile(String at, @Nullable String uncorrelatable) {
            CelShape self = RuleShapes.shape(schema, path, resource);
            if (self == null) {
                return List.of();
            }
            List<Cause> causes = new ArrayList<>();
            CelExpressions plain = CompiledRules.expressions(self, false);
            for (int i = 0; i < schema.rules().size(); i++) {
                Rule rule = schema.rules().get(i);
                boolean optional = Boolean.TRUE.equals(rule.optionalOldSelf());
                CelExpressions expressions = optional ? CompiledRules.expressions(self, true) : plain;
                rule(expressions, self, rule, at + ".x-kubernetes-validations[" + i + "]", uncorrelatable, causes);
            }
            return causes;
        }

        private void rule(
                CelExpressions expressions,
                CelShape self,
                Rule rule,
                String at,
                @Nullable String uncorrelatable,
                List<Cause> causes) {
            CelExpressions.Compiled compiled = expressions.compile(rule.rule());
            CelProgram program = compiled.program();
            String problem = compiled.problem();
            if (program != null && !program.type().equals(SimpleType.BOOL)) {
                problem = "cel expression must evaluate to a bool";
            }
            if (problem != null) {
                causes.add(Cause.invalid(at + ".rule", InternalForm.rule(rule), problem));
            } else if (program != null) {
                cost(program, self, at + ".rule", "estimated rule cost", causes);
            }
            message(expressions, self, rule, at + ".messageExpression", causes);
            if (program == null) {
                return;
            }
            if (program.uses("oldSelf")) {
                if (uncorrelatable != null) {
                    causes.add(Cause.invalid(
                            at + ".rule",
                            rule.rule(),
                            "oldSelf cannot be used on the uncorrelatable portion of the schema within "
                                    + uncorrelatable));
                }
            } else if (rule.optionalOldSelf() != null && problem == null) {
                causes.add(Cause.invalid(
                        at + ".optionalOldSelf",
                        rule.optionalOldSelf(),
                        "may not be set if oldSelf is not used in rule"));
            }
        }

        private void message(CelExpressions expressions, CelShape self, Rule rule, String at, List<Cause> causes) {
            if (rule.messageExpression().isBlank()) {
                return;
            }
            CelExpressions.Compiled compiled = expressions.compile(rule.messageExpression());
            CelProgram program = compiled.program();
            if (program == null) {
                causes.add(Cause.invalid(at, InternalForm.rule(rule), "messageExpression " + compiled.problem()));
            } else if (!program.type().equals(SimpleType.STRING)) {
                causes.add(Cause.invalid(at, InternalForm.rule(rule), "messageExpression must evaluate to a string"));
            } else {
                cost(program, self, at, "estimated messageExpression cost", causes);
            }
        }

        private void cost(CelProgram program, CelShape self, String at, String what, List<Cause> causes) {
            long times = cardinality == UNBOUNDED ? self.maxCount() : cardinality;
            long cost = multiply(program.maxCost(), times);
            if (cost > RULE_LIMIT) {
                causes.add(Cause.forbidden(at, exceeded(what, cost, RULE_LIMIT)));
            }
            costs.add(new Expensive(at, cost));
            total = total + cost < 0 ? Long.MAX_VALUE : total + cost;
        }
    }

    private static long multiply(long a, long b) {
        return Math.multiplyHigh(a, b) != 0 || a * b < 0 ? Long.MAX_VALUE : a * b;
    }

    private static String exceeded(String what, long cost, long limit) {
        double factor = (double) cost / limit;
        String shown =
                factor > 100 ? "more than 100x" : String.format(Locale.ROOT, factor < 1.5 ? "%fx" : "%.1fx", factor);
        return what + " exceeds budget by factor of " + shown + " (try simplifying the rule, or adding maxItems,"
                + " maxProperties, and maxLength where arrays, maps, and strings are declared)";
    }

    /// What the rules of the whole schema cost together.
    List<Cause> totals(String path) {
        if (total <= TOTAL_LIMIT) {
            return List.of();
        }
        List<Cause> causes = new ArrayList<>();
        costs.stream()
                .sorted(Comparator.comparingLong(Expensive::cost).reversed())
                .limit(MOST_EXPENSIVE)
                .forEach(expensive -> causes.add(Cause.forbidden(
                        expensive.path(),
                        "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema")));
        causes.add(Cause.forbidden(
                path,
                exceeded(
                        "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema",
                        total,
                        TOTAL_LIMIT)));
        return causes;
    }

    /// Whether the parts of rules are well-formed, before anything is compiled.
    void forms(JsonNode node, String path, List<Cause> causes) {
        JsonNode list = node.path("x-kubernetes-validations");
        Structural at = list.isEmpty() ? null : Structural.of(node);
        for (int i = 0; i < list.size() && at != null; i++) {
            form(at, Rule.of(list.get(i)), path + ".x-kubernetes-validations[" + i + "]", causes);
        }
    }

    private static boolean hasLineBreak(String text) {
        return text.indexOf('\n') >= 0 || text.indexOf('\r') >= 0;
    }

    private static void form(Structural schema, Rule rule, String path, List<Cause> causes) {
        List<Cause> own = new ArrayList<>();
        if (rule.rule().isBlank()) {
            own.add(Cause.required(path + ".rule", "rule is not specified"));
        }
        String message = rule.message().strip();
        if (!rule.message().isEmpty() && message.isEmpty()) {
            own.add(Cause.invalid(path + ".message", rule.message(), "must be non-empty if specified"));
        } else if (hasLineBreak(message)) {
            own.add(Cause.invalid(path + ".message", rule.message(), "must not contain line breaks"));
        } else if (hasLineBreak(rule.rule().strip()) && message.isEmpty()) {
            own.add(Cause.required(path + ".message", "message must be specified if rule contains line breaks"));
        }
        if (!rule.messageExpression().isEmpty() && rule.messageExpression().isBlank()) {
            own.add(Cause.required(path + ".messageExpression", "must be non-empty if specified"));
        }
        if (!rule.reason().isEmpty() && !REASONS.contains(rule.reason())) {
            own.add(Cause.notSupported(path + ".reason", rule.reason(), REASONS));
        }
        if (!rule.fieldPath().isEmpty()) {
            fieldPath(schema, rule.fieldPath(), path + ".fieldPath", own);
        }
        causes.addAll(own);
    }

    private static void fieldPath(Structural schema, String fieldPath, String path, List<Cause> causes) {
        if (fieldPath.isBlank()) {
            causes.add(Cause.invalid(path, fieldPath, "must be non-empty if specified"));
        }
        if (hasLineBreak(fieldPath)) {
            causes.add(Cause.invalid(path, fieldPath, "must not contain line breaks"));
        }
        if (FieldPaths.find(schema, fieldPath, true).problem() != null) {
            causes.add(Cause.invalid(path, fieldPath, "must be a valid path"));
        }
    }
}
