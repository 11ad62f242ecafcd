package io.jubernetes.apiserver.customresource;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cel.common.types.OptionalType;
import dev.cel.common.types.SimpleType;
import io.jubernetes.apiserver.customresource.Structural.Rule;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.common.cel.CelBudget;
import io.jubernetes.common.cel.CelExpressions;
import io.jubernetes.common.cel.CelFailure;
import io.jubernetes.common.cel.CelProgram;
import io.jubernetes.common.cel.CelShape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The validation rules of one schema, compiled: the rules at each node and those below it. Immutable
/// and shared by all requests.
final class CompiledRules implements RuleChecker {
    private static final int MAX_MESSAGE = 5 << 10;

    private final Structural schema;
    private final boolean resource;
    private final List<CompiledRule> rules;
    private final Map<String, CompiledRules> properties = new LinkedHashMap<>();
    private final @Nullable CompiledRules items;
    private final @Nullable CompiledRules additional;

    /// One rule, with the steps from its place to the field it blames.
    private record CompiledRule(
            Rule rule,
            CelExpressions.Compiled condition,
            @Nullable CelProgram message,
            String fieldPath) {
        boolean transitional() {
            CelProgram program = condition.program();
            return program != null && program.uses("oldSelf");
        }
    }

    private CompiledRules(Structural schema, String path, boolean resource) {
        this.schema = schema;
        this.resource = resource;
        this.rules = compile(schema, path, resource);
        schema.properties().forEach((name, property) -> {
            if (property.hasRules()) {
                properties.put(name, new CompiledRules(property, path + "." + name, property.isEmbedded()));
            }
        });
        Structural element = schema.items();
        items = element != null && element.hasRules()
                ? new CompiledRules(element, path + ".@items", element.isEmbedded())
                : null;
        Structural rest = schema.additional();
        additional =
                rest != null && rest.hasRules() ? new CompiledRules(rest, path + ".@values", rest.isEmbedded()) : null;
    }

    /// @param resource whether the schema is that of a whole object
    static RuleChecker of(Structural schema, boolean resource) {
        return schema.hasRules() ? new CompiledRules(schema, "", resource) : NONE;
    }

    /// The expressions of rules at a place.
    ///
    /// @param optionalOld whether the old value may be absent
    static CelExpressions expressions(CelShape self, boolean optionalOld) {
        Map<String, CelShape> variables = new HashMap<>();
        variables.put("self", self);
        variables.put(
                "oldSelf",
                optionalOld
                        ? new CelShape(
                                OptionalType.create(self.type()),
                                self.maxElements(),
                                self.minSize(),
                                self.element(),
                                self.fields())
                        : self);
        return CelExpressions.over(variables);
    }

    private static List<CompiledRule> compile(Structural schema, String path, boolean resource) {
        if (schema.rules().isEmpty()) {
            return List.of();
        }
        CelShape self = RuleShapes.shape(schema, path, resource);
        if (self == null) {
            return List.of();
        }
        CelExpressions plain = expressions(self, false);
        List<CompiledRule> compiled = new ArrayList<>();
        for (Rule rule : schema.rules()) {
            boolean optional = Boolean.TRUE.equals(rule.optionalOldSelf());
            CelExpressions expressions = optional ? expressions(self, true) : plain;
            CelProgram message = rule.messageExpression().isBlank()
                    ? null
                    : expressions.compile(rule.messageExpression()).program();
            String blamed = rule.fieldPath().isEmpty()
                    ? ""
                    : String.join(
                            "", FieldPaths.find(schema, rule.fieldPath(), true).steps());
            compiled.add(new CompiledRule(rule, expressions.compile(rule.rule()), message, blamed));
        }
        return List.copyOf(compiled);
    }

    @Override
    public List<Cause> validate(JsonNode object, @Nullable JsonNode old) {
        List<Cause> causes = new ArrayList<>();
        var budget = new CelBudget(CelBudget.PER_OBJECT);
        try {
            walk(object, old, "", budget, causes);
        } catch (OutOfBudget e) {
            causes.add(e.cause);
        }
        return causes;
    }

    private static final class OutOfBudget extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final transient Cause cause;

        OutOfBudget(Cause cause) {
            super(cause.message(), null, false, false);
            this.cause = cause;
        }
    }

    private void walk(JsonNode value, @Nullable JsonNode old, String path, CelBudget budget, List<Cause> causes) {
        if (value.isNull()) {
            return;
        }
        boolean unchanged = old != null && Meta.same(value, old);
        for (CompiledRule rule : rules) {
            // What was let in before a rule came is let be as long as it stays the same.
            if (!unchanged || rule.transitional()) {
                check(rule, value, old, path, budget, causes);
            }
        }
        if (value.isObject()) {
            for (Map.Entry<String, JsonNode> entry : value.properties()) {
                String name = entry.getKey();
                boolean named = schema.property(name) != null;
                CompiledRules below = named ? properties.get(name) : additional;
                if (below != null) {
                    JsonNode before = old == null ? null : old.get(name);
                    String at = path.isEmpty() ? name : named ? path + "." + name : path + "[" + name + "]";
                    below.walk(entry.getValue(), before, at, budget, causes);
                }
            }
        } else if (value.isArray() && items != null) {
            Map<String, JsonNode> before = correlated(old);
            for (int i = 0; i < value.size(); i++) {
                JsonNode former = before.isEmpty() ? null : before.get(ListTypes.key(schema, value.get(i)));
                items.walk(value.get(i), former, path + "[" + i + "]", budget, causes);
            }
        }
    }

    private Map<String, JsonNode> correlated(@Nullable JsonNode old) {
        if (old == null || !old.isArray() || !schema.listType().equals("map")) {
            return Map.of();
        }
        Map<String, JsonNode> result = new HashMap<>();
        old.forEach(item -> result.putIfAbsent(ListTypes.key(schema, item), item));
        return result;
    }

    private void check(
            CompiledRule rule,
            JsonNode value,
            @Nullable JsonNode old,
            String path,
            CelBudget budget,
            List<Cause> causes) {
        boolean optional = Boolean.TRUE.equals(rule.rule().optionalOldSelf());
        boolean hasOld = old != null && !old.isNull();
        if (rule.transitional() && !hasOld && !optional) {
            return;
        }
        String type = typeName();
        CelProgram program = rule.condition().program();
        if (program == null) {
            causes.add(Cause.invalid(
                    path, type, "rule compile error: " + rule.condition().problem()));
            return;
        }
        Map<String, Object> variables = new HashMap<>();
        variables.put("self", RuleShapes.value(schema, value, resource));
        Object before = hasOld && old != null ? RuleShapes.value(schema, old, resource) : null;
        if (optional) {
            variables.put("oldSelf", Optional.ofNullable(before));
        } else if (before != null) {
            variables.put("oldSelf", before);
        }
        var call = new CelBudget(Math.min(CelBudget.PER_CALL, Math.max(0, budget.left())));
        try {
            if (program.run(variables, call).equals(true)) {
                return;
            }
            causes.add(refusal(rule, value, path, variables, budget));
        } catch (CelFailure e) {
            String message = String.valueOf(e.getMessage());
            String shown = shown(rule.rule());
            if (message.startsWith("no such overload")) {
                causes.add(Cause.invalid(
                        path,
                        type,
                        "'" + message + "': call arguments did not match a supported operator, function or macro"
                                + " signature for rule: " + rule.rule().rule().strip()));
            } else if (e.isOverLimit()) {
                throw new OutOfBudget(Cause.invalid(
                        path,
                        type,
                        budget.left() < CelBudget.PER_CALL
                                ? "validation failed due to running out of cost budget, no further validation rules"
                                        + " will be run"
                                : "'" + message + "': no further validation rules will be run due to call cost exceeds"
                                        + " limit for rule: "
                                        + rule.rule().rule().strip()));
            } else {
                causes.add(Cause.invalid(path, type, message + " evaluating rule: " + shown));
            }
        } finally {
            budget.charge(call.used());
        }
    }

    private String typeName() {
        return schema.isIntOrString() ? "" : schema.type();
    }

    private static String shown(Rule rule) {
        String message = rule.message().strip();
        return message.isEmpty() ? "failed rule: " + rule.rule().strip() : message;
    }

    private Cause refusal(
            CompiledRule rule, JsonNode value, String path, Map<String, Object> variables, CelBudget budget) {
        String why = message(rule, variables, budget).orElseGet(() -> shown(rule.rule()));
        String at = rule.fieldPath().isEmpty()
                ? path
                : path.isEmpty() && rule.fieldPath().startsWith(".")
                        ? rule.fieldPath().substring(1)
                        : path + rule.fieldPath();
        boolean scalar = value.isValueNode();
        String field = at.isEmpty() ? SchemaValidation.NO_FIELD : at;
        return switch (rule.rule().reason()) {
            case "FieldValueForbidden" -> Cause.forbidden(field, why);
            case "FieldValueRequired" -> Cause.required(field, why);
            case "FieldValueDuplicate" ->
                new Cause(
                        "FieldValueDuplicate",
                        scalar
                                ? Cause.duplicate(field, plain(value)).message() + ": " + why
                                : "Duplicate value: " + why,
                        field);
            default ->
                scalar
                        ? Cause.invalid(field, plain(value), why)
                        : new Cause("FieldValueInvalid", "Invalid value: " + why, field);
        };
    }

    private static Object plain(JsonNode value) {
        return value.isTextual() ? value.textValue() : value;
    }

    /// What the rule's own expression says, when it comes to a proper text.
    private static Optional<String> message(CompiledRule rule, Map<String, Object> variables, CelBudget budget) {
        CelProgram program = rule.message();
        if (program == null || !program.type().equals(SimpleType.STRING)) {
            return Optional.empty();
        }
        var call = new CelBudget(Math.min(CelBudget.PER_CALL, Math.max(0, budget.left())));
        try {
            String text = program.run(variables, call) instanceof String found ? found.strip() : "";
            boolean proper = !text.isEmpty() && text.length() <= MAX_MESSAGE && text.indexOf('\n') < 0;
            return proper ? Optional.of(text) : Optional.empty();
        } catch (CelFailure e) {
            return Optional.empty();
        } finally {
            budget.charge(call.used());
        }
    }
}
