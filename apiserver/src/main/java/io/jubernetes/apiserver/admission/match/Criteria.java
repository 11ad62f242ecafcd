package io.jubernetes.apiserver.admission.match;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.request.LabelSelector;
import java.util.List;

/// Which requests a webhook, a policy or a binding is about. Immutable.
///
/// @param anyResource whether requests for every resource match, as long as they are not excluded
/// @param equivalent whether a request for another version of a resource counts as well
public record Criteria(
        LabelSelector namespaces,
        LabelSelector objects,
        List<ResourceRule> rules,
        List<ResourceRule> excluded,
        boolean anyResource,
        boolean equivalent) {
    /// Those of a webhook.
    public static Criteria ofWebhook(JsonNode hook) {
        return of(hook, "rules", false);
    }

    /// Those of a policy's `matchConstraints` or a binding's `matchResources`.
    public static Criteria ofPolicy(JsonNode resources) {
        return of(resources, "resourceRules", resources.path("resourceRules").isEmpty());
    }

    private static Criteria of(JsonNode node, String rules, boolean anyResource) {
        return new Criteria(
                LabelSelector.of(node.path("namespaceSelector")),
                LabelSelector.of(node.path("objectSelector")),
                ResourceRule.all(node.path(rules)),
                ResourceRule.all(node.path("excludeResourceRules")),
                anyResource,
                node.path("matchPolicy").asText("Exact").equals("Equivalent"));
    }
}
