package io.jubernetes.apiserver.registry.core;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.meta.NameRules;

/// What a claim's volume is filled from. Two fields say so, the older of which knows claims and snapshots only;
/// they are kept alike.
final class ClaimSources {
    private ClaimSources() {}

    /// @param fresh whether the claim is being created: an unknown kind in the older field is dropped then
    static void normalize(ObjectNode spec, boolean fresh) {
        if (spec.get("dataSourceRef") instanceof ObjectNode reference) {
            // Other namespaces are no GA feature.
            reference.remove("namespace");
        }
        if (fresh && spec.hasNonNull("dataSource") && !isKnown(spec.path("dataSource"))) {
            spec.remove("dataSource");
        }
        if (spec.hasNonNull("dataSource") && !spec.hasNonNull("dataSourceRef")) {
            spec.set("dataSourceRef", spec.get("dataSource").deepCopy());
        } else if (spec.hasNonNull("dataSourceRef") && !spec.hasNonNull("dataSource")) {
            spec.set("dataSource", spec.get("dataSourceRef").deepCopy());
        }
    }

    private static boolean isKnown(JsonNode source) {
        String group = source.path("apiGroup").asText("");
        String kind = source.path("kind").asText("");
        return group.isEmpty() && kind.equals("PersistentVolumeClaim")
                || group.equals("snapshot.storage.k8s.io") && kind.equals("VolumeSnapshot");
    }

    static void check(Field spec) {
        Field source = spec.get("dataSource");
        Field reference = spec.get("dataSourceRef");
        if (source.isSet()) {
            checkOne(source);
        }
        if (reference.isSet()) {
            checkOne(reference);
        }
        if (source.isSet() && reference.isSet() && !Meta.same(source.value(), reference.value())) {
            // The message shows the path it is about as a value, which has no content.
            spec.invalid(Json.object(), "must match dataSourceRef");
        }
    }

    private static void checkOne(Field source) {
        source.get("name").requireValue();
        source.get("kind").requireValue();
        Field group = source.get("apiGroup");
        if (group.isEmpty() && !source.get("kind").text().equals("PersistentVolumeClaim")) {
            source.invalid(
                    source.get("kind").text(), "must be 'PersistentVolumeClaim' when referencing the default apiGroup");
        }
        if (!group.isEmpty()) {
            group.requireForm(NameRules::subdomain);
        }
    }
}
