package io.jubernetes.apiserver.admission.quota;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.common.meta.Quantity;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/// What may be used only where a quota allows it, as the plugin's configuration says.
///
/// @param entries each with an `apiGroup`, a `resource`, and `matchContains` or `matchScopes`
record LimitedResources(List<JsonNode> entries) {
    static final LimitedResources NONE = new LimitedResources(List.of());

    /// Reads a `ResourceQuotaConfiguration`.
    static LimitedResources of(JsonNode configuration) {
        List<JsonNode> entries = new ArrayList<>();
        configuration.path("limitedResources").forEach(entries::add);
        return new LimitedResources(List.copyOf(entries));
    }

    /// @param covered the limits that quotas have for this write
    /// @param coveredScopes the scopes of quotas it is in
    /// @throws ApiException 403 when the write uses something no quota covers
    void check(
            AdmissionRequest request,
            Evaluator evaluator,
            Map<String, Quantity> usage,
            Set<String> covered,
            Set<String> coveredScopes) {
        if (entries.isEmpty()) {
            return;
        }
        ObjectNode object = Objects.requireNonNull(request.object());
        Set<String> uncovered = new TreeSet<>();
        List<String> scopes = new ArrayList<>();
        for (JsonNode entry : entries) {
            if (request.isFor(
                    entry.path("apiGroup").asText(""), entry.path("resource").asText(""))) {
                usage.forEach((limit, amount) -> {
                    if (amount.signum() > 0 && contains(entry.path("matchContains"), limit)) {
                        uncovered.add(limit);
                    }
                });
            }
            for (JsonNode scope : entry.path("matchScopes")) {
                if (evaluator.isIn(scope, object)
                        && !coveredScopes.contains(scope.path("scopeName").asText())) {
                    scopes.add(Scopes.describe(scope));
                }
            }
        }
        uncovered.removeAll(covered);
        if (!uncovered.isEmpty()) {
            throw request.forbidden("insufficient quota to consume: " + String.join(",", uncovered));
        }
        if (!scopes.isEmpty()) {
            throw request.forbidden("insufficient quota to match these scopes: [" + String.join(" ", scopes) + "]");
        }
    }

    private static boolean contains(JsonNode parts, String limit) {
        for (JsonNode part : parts) {
            if (limit.contains(part.asText())) {
                return true;
            }
        }
        return false;
    }
}
