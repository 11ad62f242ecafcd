package io.jubernetes.controllermanager.garbagecollector;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.controllermanager.discovery.ApiResources.ApiResource;
import io.jubernetes.controllermanager.garbagecollector.OwnerGraph.Entry;
import io.jubernetes.controllermanager.garbagecollector.OwnerGraph.Owner;
import java.util.ArrayList;
import java.util.List;

/// Reads what the collector needs of an object's metadata.
final class Metadata {
    private Metadata() {}

    static Entry entry(ApiResource resource, JsonNode metadata) {
        boolean deleting = metadata.hasNonNull("deletionTimestamp");
        List<String> finalizers = finalizers(metadata);
        return new Entry(
                resource.groupVersion(),
                resource.kind(),
                metadata.path("namespace").asText(""),
                metadata.path("name").asText(),
                metadata.path("uid").asText(),
                owners(metadata),
                false,
                deleting,
                deleting && finalizers.contains(Collector.FOREGROUND),
                deleting && finalizers.contains(Collector.ORPHAN));
    }

    static List<Owner> owners(JsonNode metadata) {
        JsonNode references = metadata.path("ownerReferences");
        if (references.isEmpty()) {
            return List.of();
        }
        var owners = new ArrayList<Owner>();
        for (JsonNode reference : references) {
            owners.add(new Owner(
                    reference.path("apiVersion").asText().intern(),
                    reference.path("kind").asText().intern(),
                    reference.path("name").asText(),
                    reference.path("uid").asText(),
                    reference.path("blockOwnerDeletion").asBoolean(false)));
        }
        return owners;
    }

    static List<String> finalizers(JsonNode metadata) {
        var finalizers = new ArrayList<String>();
        metadata.path("finalizers").forEach(finalizer -> finalizers.add(finalizer.asText()));
        return finalizers;
    }
}
