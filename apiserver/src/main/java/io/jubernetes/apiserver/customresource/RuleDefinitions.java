package io.jubernetes.apiserver.customresource;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.customresource.Structural.Rule;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Checks the validation rules of a definition's schema: their form, that they compile, and what they may cost. One
/// instance checks one schema.
final class RuleDefinitions {
    private static final List<String> REASONS =
            List.of("FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired");

    private final Structural schema;

    private RuleDefinitions(Structural schema) {
        this.schema = schema;
    }

    static RuleDefinitions of(Structural schema) {
        return new RuleDefinitions(schema);
    }

    Context root() {
        return new Context(schema);
    }

    /// A place in the schema, with what the costs of its rules depend on.
    static final class Context {
        private final Structural schema;

        Context(Structural schema) {
            this.schema = schema;
        }

        @Nullable
        Context property(String name) {
            Structural below = schema.property(name);
            return below == null ? null : new Context(below);
        }

        @Nullable
        Context items() {
            Structural below = schema.items();
            return below == null ? null : new Context(below);
        }

        @Nullable
        Context additional() {
            Structural below = schema.additional();
            return below == null ? null : new Context(below);
        }

        /// Everything wrong with the rules here.
        List<Cause> compile(String path, @Nullable String uncorrelatable) {
            return List.of();
        }
    }

    /// What the rules of the whole schema cost together.
    List<Cause> totals(String path) {
        return List.of();
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
