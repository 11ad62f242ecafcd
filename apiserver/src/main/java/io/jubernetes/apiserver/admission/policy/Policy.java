package io.jubernetes.apiserver.admission.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.match.Conditions;
import io.jubernetes.apiserver.admission.match.Criteria;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.common.cel.CelExpressions.Compiled;
import io.jubernetes.common.cel.PolicyExpressions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A policy with its expressions compiled. Immutable.
///
/// @param ignore whether a policy that cannot be evaluated lets the request pass
/// @param paramKind of the objects that hold its parameters; null for none
/// @param variables by name, in order
/// @param steps what it does: validations, or mutations
/// @param again whether a policy that changes objects wants to look once more at what others have changed
record Policy(
        String name,
        Criteria criteria,
        boolean ignore,
        @Nullable ParamKind paramKind,
        Conditions conditions,
        Map<String, Compiled> variables,
        List<Step> steps,
        List<Annotation> annotations,
        boolean again) {
    /// The kind of the objects that hold parameters.
    record ParamKind(String apiVersion, String kind) {
        /// Such as `apps/v1, Kind=Deployment`.
        @Override
        public String toString() {
            return (apiVersion.contains("/") ? apiVersion : "/" + apiVersion) + ", Kind=" + kind;
        }
    }

    /// One thing a policy does.
    sealed interface Step {}

    /// What must hold.
    ///
    /// @param shown comes to the message; null when it is `message`
    record Validation(
            String expression,
            Compiled condition,
            String message,
            @Nullable String shownText,
            @Nullable Compiled shown,
            String reason)
            implements Step {}

    /// A change.
    ///
    /// @param json whether it is a list of JSON patch operations and not a part of the object
    record Mutation(String expression, Compiled patch, boolean json) implements Step {}

    /// What is noted for the audit log.
    record Annotation(String key, String expression, Compiled value) {}

    static Policy of(ObjectNode object) {
        JsonNode spec = object.path("spec");
        JsonNode kind = spec.path("paramKind");
        boolean params = kind.isObject();
        PolicyExpressions expressions = PolicyExpressions.of(params);
        Conditions conditions = Conditions.of(spec.path("matchConditions"), expressions);
        Map<String, Compiled> variables = new LinkedHashMap<>();
        if (!spec.path("variables").isEmpty()) {
            expressions.compose();
        }
        for (JsonNode variable : spec.path("variables")) {
            String name = variable.path("name").asText();
            variables.put(
                    name, expressions.declare(name, variable.path("expression").asText("")));
        }
        List<Step> steps = new ArrayList<>();
        spec.path("validations").forEach(validation -> steps.add(validation(validation, expressions)));
        spec.path("mutations").forEach(mutation -> steps.add(mutation(mutation, expressions)));
        List<Annotation> annotations = new ArrayList<>();
        for (JsonNode annotation : spec.path("auditAnnotations")) {
            String text = annotation.path("valueExpression").asText("").strip();
            annotations.add(new Annotation(annotation.path("key").asText(), text, expressions.compile(text, true)));
        }
        return new Policy(
                Meta.name(object),
                Criteria.ofPolicy(spec.path("matchConstraints")),
                spec.path("failurePolicy").asText("Fail").equals("Ignore"),
                params
                        ? new ParamKind(
                                kind.path("apiVersion").asText(""),
                                kind.path("kind").asText(""))
                        : null,
                conditions,
                Collections.unmodifiableMap(variables),
                List.copyOf(steps),
                List.copyOf(annotations),
                spec.path("reinvocationPolicy").asText("Never").equals("IfNeeded"));
    }

    private static Validation validation(JsonNode validation, PolicyExpressions expressions) {
        String text = validation.path("expression").asText("");
        String shown = validation.path("messageExpression").asText("");
        return new Validation(
                text,
                expressions.compile(text, true),
                validation.path("message").asText("").strip(),
                shown.isBlank() ? null : shown,
                shown.isBlank() ? null : expressions.compile(shown, false),
                validation.path("reason").asText("Invalid"));
    }

    private static Mutation mutation(JsonNode mutation, PolicyExpressions expressions) {
        boolean json = mutation.path("patchType").asText("").equals("JSONPatch");
        String text = mutation.path(json ? "jsonPatch" : "applyConfiguration")
                .path("expression")
                .asText("")
                .strip();
        return new Mutation(text, expressions.compilePatch(text), json);
    }
}
