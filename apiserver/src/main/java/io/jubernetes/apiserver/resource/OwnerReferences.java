package io.jubernetes.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.request.RequestContext;
import io.jubernetes.common.codec.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/// Takes owner references out that stand twice, and says so.
final class OwnerReferences {
    private OwnerReferences() {}

    /// @param meta an object's metadata; changed in place
    /// @param admitted whether admission has changed the object already, which the warning mentions
    static void dedup(RequestContext context, ObjectNode meta, boolean admitted) {
        if (!(meta.get("ownerReferences") instanceof ArrayNode references) || references.size() < 2) {
            return;
        }
        List<JsonNode> kept = new ArrayList<>();
        var duplicates = new TreeSet<String>();
        for (JsonNode reference : references) {
            if (kept.contains(reference)) {
                duplicates.add(reference.path("uid").asText());
            } else {
                kept.add(reference);
            }
        }
        if (duplicates.isEmpty()) {
            return;
        }
        meta.set("ownerReferences", Json.MAPPER.createArrayNode().addAll(kept));
        context.warn(".metadata.ownerReferences contains duplicate entries"
                + (admitted ? " after mutating admission happens" : "")
                + "; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please"
                + " fix your requests; duplicate UID(s) observed: "
                + String.join(", ", duplicates));
    }
}
