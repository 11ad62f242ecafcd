package io.jubernetes.apiserver.registry.admissionregistration;

import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.common.cel.PolicyExpressions;
import io.jubernetes.common.meta.NameRules;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Policies that check objects.
public final class ValidatingPolicyStrategy extends PolicyStrategy {
    private static final int MAX_ANNOTATIONS = 20;
    private static final int MAX_ANNOTATION_EXPRESSION = 5 << 10;
    private static final Table TABLE = Columns.named()
            .number("Validations", item ->
                    (long) item.path("spec").path("validations").size())
            .text("ParamKind", PolicyStrategy::paramKind)
            .age();

    @Override
    public boolean hasStatus() {
        return true;
    }

    @Override
    void check(Field item, boolean conditions) {
        Field spec = item.get("spec");
        PolicyExpressions expressions = PolicyRules.check(spec, MatchRules.OPERATIONS, conditions);
        Field validations = spec.get("validations");
        Field annotations = spec.get("auditAnnotations");
        if (validations.isEmpty() && annotations.isEmpty()) {
            validations.required("validations or auditAnnotations must contain at least one item");
            annotations.required("validations or auditAnnotations must contain at least one item");
            return;
        }
        validations.items().forEach(validation -> checkValidation(validation, expressions));
        if (annotations.items().size() > MAX_ANNOTATIONS) {
            annotations.invalid("must not have more than " + MAX_ANNOTATIONS + " auditAnnotations");
        }
        Set<String> keys = new HashSet<>();
        String policy = item.get("metadata").get("name").text();
        for (Field annotation : annotations.items()) {
            checkAnnotation(annotation, policy, expressions);
            if (!keys.add(annotation.get("key").text())) {
                annotation.get("key").duplicate();
            }
        }
    }

    private static void checkValidation(Field validation, PolicyExpressions expressions) {
        Field expression = validation.get("expression");
        if (expression.text().isBlank()) {
            expression.required("expression is not specified");
        } else {
            ExpressionRules.check(expressions, expression, expression.text(), ExpressionRules.BOOL);
        }
        Field shown = validation.get("messageExpression");
        if (!shown.isEmpty() && shown.text().isBlank()) {
            shown.invalid("must be non-empty if specified");
        } else if (!shown.isEmpty()) {
            ExpressionRules.check(expressions, shown, shown.text(), ExpressionRules.TEXT, false);
        }
        Field message = validation.get("message");
        if (!message.isEmpty() && message.text().isBlank()) {
            message.invalid("message must be non-empty if specified");
        } else if (hasLineBreak(message.text().strip())) {
            message.invalid("must not contain line breaks");
        } else if (message.isEmpty() && hasLineBreak(expression.text().strip())) {
            message.required("message must be specified if expression contains line breaks");
        }
        validation.get("reason").requireOneOf(List.of("Forbidden", "Invalid", "RequestEntityTooLarge"));
    }

    private static boolean hasLineBreak(String text) {
        return text.indexOf('\n') >= 0 || text.indexOf('\r') >= 0;
    }

    private static void checkAnnotation(Field annotation, String policy, PolicyExpressions expressions) {
        Field key = annotation.get("key");
        if (policy.isEmpty()) {
            key.invalid("requires metadata.name be non-empty");
        } else {
            String name = policy + "/" + key.text();
            NameRules.qualifiedName(name).forEach(problem -> key.invalid(name, problem));
        }
        Field value = annotation.get("valueExpression");
        String text = value.text().strip();
        if (text.isEmpty()) {
            value.required("valueExpression is not specified");
        } else if (text.getBytes(StandardCharsets.UTF_8).length > MAX_ANNOTATION_EXPRESSION) {
            value.required("must not exceed " + MAX_ANNOTATION_EXPRESSION + " bytes in length");
        } else {
            ExpressionRules.check(expressions, value, text, ExpressionRules.TEXT_OR_NULL);
        }
    }

    @Override
    public Table table() {
        return TABLE;
    }
}
