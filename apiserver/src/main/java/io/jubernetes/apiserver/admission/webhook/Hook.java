package io.jubernetes.apiserver.admission.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.match.Conditions;
import io.jubernetes.apiserver.admission.match.Criteria;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.common.cel.PolicyExpressions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// One webhook of a configuration. Immutable.
///
/// @param id tells it from all others, also from those of the same name
/// @param ignore whether a webhook that cannot be called lets the request pass
/// @param harmless whether it may be called on a dry run
/// @param again whether it wants to look once more at what others have changed
/// @param reviewVersion of the reviews it takes; empty when none is known
record Hook(
        String configuration,
        String name,
        String id,
        Criteria criteria,
        Conditions conditions,
        JsonNode client,
        boolean ignore,
        Duration timeout,
        boolean harmless,
        boolean again,
        String reviewVersion) {
    private static final long DEFAULT_TIMEOUT_SECONDS = 10;

    /// The webhooks of a configuration, in order.
    static List<Hook> all(ObjectNode configuration) {
        String owner = Meta.name(configuration);
        List<Hook> hooks = new ArrayList<>();
        Map<String, Integer> seen = new HashMap<>();
        for (JsonNode hook : configuration.path("webhooks")) {
            String name = hook.path("name").asText("");
            int number = seen.merge(name, 1, Integer::sum) - 1;
            hooks.add(new Hook(
                    owner,
                    name,
                    owner + "/" + name + "/" + number,
                    Criteria.ofWebhook(hook),
                    Conditions.of(hook.path("matchConditions"), PolicyExpressions.of(false)),
                    hook.path("clientConfig"),
                    hook.path("failurePolicy").asText("Fail").equals("Ignore"),
                    Duration.ofSeconds(hook.path("timeoutSeconds").asLong(DEFAULT_TIMEOUT_SECONDS)),
                    hook.path("sideEffects").asText("").startsWith("None"),
                    hook.path("reinvocationPolicy").asText("Never").equals("IfNeeded"),
                    reviewVersion(hook.path("admissionReviewVersions"))));
        }
        return List.copyOf(hooks);
    }

    private static String reviewVersion(JsonNode versions) {
        for (JsonNode version : versions) {
            if (version.asText().equals("v1") || version.asText().equals("v1beta1")) {
                return version.asText();
            }
        }
        return "";
    }
}
