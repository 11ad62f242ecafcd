package io.jubernetes.apiserver.registry.admissionregistration;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.common.cel.PolicyExpressions;
import java.util.List;

/// Policies that change objects.
public final class MutatingPolicyStrategy extends PolicyStrategy {
    private static final String JSON = "JSONPatch";
    private static final String APPLY = "ApplyConfiguration";
    private static final Table TABLE = Columns.named()
            .number("Mutations", item ->
                    (long) item.path("spec").path("mutations").size())
            .text("ParamKind", PolicyStrategy::paramKind)
            .age();

    @Override
    public void applyDefaults(ObjectNode item) {
        super.applyDefaults(item);
        Meta.defaultTo(Meta.child(item, "spec"), "reinvocationPolicy", "Never");
    }

    @Override
    void check(Field item, boolean conditions) {
        Field spec = item.get("spec");
        PolicyExpressions expressions = PolicyRules.check(spec, MatchRules.MUTATING_OPERATIONS, conditions);
        Field mutations = spec.get("mutations");
        if (mutations.isEmpty()) {
            mutations.required("mutations must contain at least one item");
        }
        mutations.items().forEach(mutation -> checkMutation(mutation, expressions));
        Field again = spec.get("reinvocationPolicy");
        if (again.requireValue()) {
            again.requireOneOf(List.of("IfNeeded", "Never"));
        }
    }

    private static void checkMutation(Field mutation, PolicyExpressions expressions) {
        Field type = mutation.get("patchType");
        Field json = mutation.get("jsonPatch");
        Field apply = mutation.get("applyConfiguration");
        switch (type.text()) {
            case "" -> type.required("");
            case JSON -> checkPatch(json, apply, JSON, expressions);
            case APPLY -> checkPatch(apply, json, APPLY, expressions);
            default -> type.notSupported(List.of(APPLY, JSON));
        }
    }

    private static void checkPatch(Field patch, Field other, String type, PolicyExpressions expressions) {
        Field expression = patch.get("expression");
        if (!patch.isSet()) {
            patch.required("must be specified when patchType is " + type);
        } else if (expression.text().isBlank()) {
            expression.required("");
        } else {
            ExpressionRules.checkPatch(
                    expressions, expression, expression.text().strip(), type.equals(JSON));
        }
        if (other.isSet()) {
            String name = type.equals(JSON) ? "applyConfiguration" : "jsonPatch";
            other.invalid("{" + name + "}", "must not be specified when patchType is " + type);
        }
    }

    @Override
    public Table table() {
        return TABLE;
    }
}
