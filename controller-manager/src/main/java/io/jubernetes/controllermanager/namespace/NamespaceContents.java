package io.jubernetes.controllermanager.namespace;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.controller.RawApi;
import io.jubernetes.controllermanager.discovery.ApiResources;
import io.jubernetes.controllermanager.discovery.ApiResources.ApiResource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Deletes what is in a namespace, of every kind the API server serves, and says what is left. Pods go first: what
/// they use stays until they have ended.
final class NamespaceContents {
    private static final String METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

    private final RawApi api;

    NamespaceContents(RawApi api) {
        this.api = api;
    }

    /// What one pass left.
    ///
    /// @param remaining objects by resource
    /// @param finalizers objects that a finalizer holds, by finalizer
    /// @param undiscovered group versions that may hold more
    record Left(
            Map<String, Integer> remaining,
            Map<String, Integer> finalizers,
            List<String> undiscovered,
            List<String> failures) {
        boolean isNothing() {
            return remaining.isEmpty() && undiscovered.isEmpty() && failures.isEmpty();
        }
    }

    Left delete(String namespace) {
        ApiResources discovered = ApiResources.discover(api);
        var left = new Left(new TreeMap<>(), new TreeMap<>(), discovered.unreadable(), new ArrayList<>());
        List<ApiResource> contents = discovered.resources().stream()
                .filter(resource -> resource.namespaced() && resource.can("list", "delete"))
                .toList();
        contents.stream().filter(NamespaceContents::isPods).forEach(pods -> delete(pods, namespace, left));
        if (left.remaining().isEmpty()) {
            contents.stream()
                    .filter(resource -> !isPods(resource))
                    .forEach(resource -> delete(resource, namespace, left));
        }
        return left;
    }

    private static boolean isPods(ApiResource resource) {
        return resource.groupVersion().equals("v1") && resource.name().equals("pods");
    }

    private void delete(ApiResource resource, String namespace, Left left) {
        try {
            if (list(resource, namespace).isEmpty()) {
                return;
            }
            if (resource.can("deletecollection")) {
                api.delete(
                        resource.path(namespace),
                        Json.object()
                                .put("kind", "DeleteOptions")
                                .put("apiVersion", "v1")
                                .put("propagationPolicy", "Background"));
            } else {
                for (JsonNode object : list(resource, namespace)) {
                    deleteOne(
                            resource,
                            namespace,
                            object.path("metadata").path("name").asText());
                }
            }
            List<JsonNode> there = list(resource, namespace);
            if (!there.isEmpty()) {
                left.remaining().put(resource.toString(), there.size());
                for (JsonNode object : there) {
                    object.path("metadata")
                            .path("finalizers")
                            .forEach(finalizer -> left.finalizers().merge(finalizer.asText(), 1, Integer::sum));
                }
            }
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404 && e.getCode() != 405) {
                left.failures().add(resource + ": " + e.getMessage());
            }
        }
    }

    private void deleteOne(ApiResource resource, String namespace, String name) {
        try {
            api.delete(
                    resource.path(namespace, name),
                    Json.object().put("kind", "DeleteOptions").put("apiVersion", "v1"));
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404) {
                throw e;
            }
        }
    }

    private List<JsonNode> list(ApiResource resource, String namespace) {
        var objects = new ArrayList<JsonNode>();
        String next = "";
        do {
            String path = resource.path(namespace) + "?limit=500"
                    + (next.isEmpty()
                            ? ""
                            : "&continue=" + java.net.URLEncoder.encode(next, java.nio.charset.StandardCharsets.UTF_8));
            JsonNode page = api.get(path, METADATA);
            page.path("items").forEach(objects::add);
            next = page.path("metadata").path("continue").asText("");
        } while (!next.isEmpty());
        return objects;
    }
}
