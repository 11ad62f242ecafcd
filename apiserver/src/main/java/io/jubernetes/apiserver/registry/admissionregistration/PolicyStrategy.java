package io.jubernetes.apiserver.registry.admissionregistration;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.CheckedStrategy;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.validation.Field;
import java.util.List;

/// What policies that check objects and those that change them have in common.
abstract class PolicyStrategy extends CheckedStrategy {
    /// The kind of a policy's parameters, as a table shows it.
    static String paramKind(JsonNode policy) {
        JsonNode kind = policy.path("spec").path("paramKind");
        return kind.isObject()
                ? kind.path("apiVersion").asText("") + "/" + kind.path("kind").asText("")
                : "<unset>";
    }

    /// @param conditions whether the match conditions are checked; those a stored policy has already are not
    abstract void check(Field policy, boolean conditions);

    @Override
    protected final void check(Field policy) {
        check(policy, true);
    }

    @Override
    public final List<Cause> validateChange(ObjectNode policy, ObjectNode old, String subresource) {
        Field root = Field.root(policy);
        check(root, !PolicyRules.sameConditions(policy, old));
        return root.causes();
    }

    @Override
    public void applyDefaults(ObjectNode policy) {
        PolicyRules.applyDefaults(policy);
    }

    @Override
    public final boolean hasGeneration() {
        return true;
    }

    @Override
    public final boolean allowsUnconditionalUpdate() {
        return false;
    }
}
