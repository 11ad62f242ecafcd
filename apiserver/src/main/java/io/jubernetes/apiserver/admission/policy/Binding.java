package io.jubernetes.apiserver.admission.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.match.Criteria;
import io.jubernetes.apiserver.resource.Meta;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What puts a policy into effect. Immutable.
///
/// @param criteria which requests of those of the policy; null for all
/// @param actions of `Deny`, `Warn` and `Audit`; empty for policies that change objects
/// @param params which objects hold the parameters; null for none
record Binding(
        String name,
        String policy,
        @Nullable Criteria criteria,
        List<String> actions,
        @Nullable JsonNode params) {
    static Binding of(ObjectNode object) {
        JsonNode spec = object.path("spec");
        List<String> actions = new ArrayList<>();
        spec.path("validationActions").forEach(action -> actions.add(action.asText()));
        return new Binding(
                Meta.name(object),
                spec.path("policyName").asText(""),
                spec.hasNonNull("matchResources") ? Criteria.ofPolicy(spec.path("matchResources")) : null,
                List.copyOf(actions),
                spec.hasNonNull("paramRef") ? spec.path("paramRef") : null);
    }
}
