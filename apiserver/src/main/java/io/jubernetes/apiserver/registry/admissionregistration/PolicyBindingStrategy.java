package io.jubernetes.apiserver.registry.admissionregistration;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.CheckedStrategy;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.meta.NameRules;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// What puts policies into effect.
public final class PolicyBindingStrategy extends CheckedStrategy {
    private static final Table TABLE = Columns.named()
            .text("PolicyName", item -> item.path("spec").path("policyName").asText(""))
            .text("ParamRef", PolicyBindingStrategy::params)
            .age();

    private final boolean mutating;

    /// @param mutating whether the policies change objects
    public PolicyBindingStrategy(boolean mutating) {
        this.mutating = mutating;
    }

    private static String params(JsonNode item) {
        JsonNode params = item.path("spec").path("paramRef");
        String name = params.path("name").asText("");
        String namespace = params.path("namespace").asText("");
        if (name.isEmpty()) {
            return "<unset>";
        }
        return namespace.isEmpty() ? name : namespace + "/" + name;
    }

    @Override
    public boolean hasGeneration() {
        return true;
    }

    @Override
    public boolean allowsUnconditionalUpdate() {
        return false;
    }

    @Override
    public void applyDefaults(ObjectNode item) {
        if (item.path("spec").path("matchResources") instanceof ObjectNode resources) {
            MatchRules.defaultResources(resources);
        }
    }

    @Override
    protected void check(Field item) {
        Field spec = item.get("spec");
        Field policy = spec.get("policyName");
        if (policy.requireValue()) {
            policy.requireForm(NameRules::subdomain);
        }
        PolicyRules.checkParams(spec.get("paramRef"));
        if (spec.get("matchResources").isSet()) {
            // The API misspells the field in messages.
            MatchRules.checkResources(
                    Field.at(spec, "matchResouces", Field.root(named(spec.get("matchResources")))),
                    mutating ? MatchRules.MUTATING_OPERATIONS : MatchRules.OPERATIONS);
        }
        if (!mutating) {
            checkActions(spec.get("validationActions"));
        }
    }

    private static ObjectNode named(Field resources) {
        return Json.object().set("matchResouces", resources.value());
    }

    private static void checkActions(Field actions) {
        Set<String> seen = new HashSet<>();
        for (Field action : actions.items()) {
            action.requireListed(List.of("Audit", "Deny", "Warn"));
            if (!seen.add(action.text())) {
                action.duplicate();
            }
        }
        if (seen.contains("Deny") && seen.contains("Warn")) {
            actions.invalid("must not contain both Deny and Warn (repeating the same validation failure information in"
                    + " the API response and headers serves no purpose)");
        }
        if (seen.isEmpty()) {
            actions.required("at least one validation action is required");
        }
    }

    @Override
    public Table table() {
        return TABLE;
    }
}
