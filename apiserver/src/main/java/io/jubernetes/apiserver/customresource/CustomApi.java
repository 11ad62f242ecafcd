package io.jubernetes.apiserver.customresource;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.ApiResource.Subresource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Makes the resources that a custom kind is served as.
final class CustomApi {
    /// In the order in which discovery lists them.
    private static final Set<String> VERBS = Collections.unmodifiableSet(new LinkedHashSet<>(
            List.of("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch")));

    private static final Set<String> PART_VERBS =
            Collections.unmodifiableSet(new LinkedHashSet<>(List.of("get", "patch", "update")));

    private CustomApi() {}

    static ApiResource resource(CustomKind kind, CustomKind.Version version, String storageRoot) {
        JsonNode names = kind.acceptedNames();
        Map<String, Subresource> subresources = new LinkedHashMap<>();
        if (version.hasStatus()) {
            subresources.put(
                    "status", new Subresource("status", names.path("kind").asText(), null, PART_VERBS));
        }
        if (version.scale() != null) {
            subresources.put("scale", new Subresource("scale", "Scale", "autoscaling/v1", PART_VERBS));
        }
        String plural = names.path("plural").asText();
        return new ApiResource(
                kind.group(),
                version.name(),
                plural,
                names.path("singular").asText(),
                names.path("kind").asText(),
                names.path("listKind").asText(),
                kind.namespaced(),
                VERBS,
                texts(names.path("shortNames")),
                texts(names.path("categories")),
                Collections.unmodifiableMap(subresources),
                storageRoot + "/" + kind.group() + "/" + plural + "/",
                version.shape(),
                new CustomStrategy(kind, version));
    }

    private static List<String> texts(JsonNode nodes) {
        List<String> texts = new ArrayList<>();
        nodes.forEach(node -> texts.add(node.asText()));
        return List.copyOf(texts);
    }
}
