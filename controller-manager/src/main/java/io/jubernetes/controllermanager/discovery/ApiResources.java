package io.jubernetes.controllermanager.discovery;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.common.controller.RawApi;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// The resources an API server serves, each in its group's preferred version. A snapshot; made anew by [#discover].
///
/// @param unreadable group versions whose server did not tell, so that resources may be missing here
public record ApiResources(List<ApiResource> resources, List<String> unreadable) {
    private static final String AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

    /// @param groupVersion such as `v1` or `apps/v1`
    /// @param name the plural in paths
    public record ApiResource(String groupVersion, String name, String kind, boolean namespaced, Set<String> verbs) {
        public boolean can(String... wanted) {
            return verbs.containsAll(List.of(wanted));
        }

        public String group() {
            int slash = groupVersion.indexOf('/');
            return slash < 0 ? "" : groupVersion.substring(0, slash);
        }

        /// The path of the collection in one namespace, or everywhere when it is empty.
        public String path(String namespace) {
            return RawApi.path(groupVersion, name, namespaced ? namespace : "", "");
        }

        public String path(String namespace, String object) {
            return RawApi.path(groupVersion, name, namespaced ? namespace : "", object);
        }

        /// As upstream prints resources: `pods`, `deployments.apps`.
        @Override
        public String toString() {
            return group().isEmpty() ? name + "." : name + "." + group();
        }
    }

    /// Asks the API server, by two requests.
    public static ApiResources discover(RawApi api) {
        var resources = new ArrayList<ApiResource>();
        var unreadable = new ArrayList<String>();
        for (String root : List.of("/api", "/apis")) {
            for (JsonNode group : api.get(root, AGGREGATED).path("items")) {
                readGroup(group, resources, unreadable);
            }
        }
        return new ApiResources(List.copyOf(resources), List.copyOf(unreadable));
    }

    private static void readGroup(JsonNode group, List<ApiResource> resources, List<String> unreadable) {
        String name = group.path("metadata").path("name").asText("");
        var seen = new HashSet<String>();
        // The preferred version comes first; a resource that only an older one has is taken from there.
        for (JsonNode version : group.path("versions")) {
            String groupVersion =
                    (name.isEmpty() ? "" : name + "/") + version.path("version").asText();
            if (version.path("freshness").asText("Current").equals("Stale")) {
                unreadable.add(groupVersion);
            }
            for (JsonNode resource : version.path("resources")) {
                String plural = resource.path("resource").asText();
                if (seen.add(plural)) {
                    var verbs = new HashSet<String>();
                    resource.path("verbs").forEach(verb -> verbs.add(verb.asText()));
                    resources.add(new ApiResource(
                            groupVersion,
                            plural,
                            resource.path("responseKind").path("kind").asText(),
                            resource.path("scope").asText().equals("Namespaced"),
                            Set.copyOf(verbs)));
                }
            }
        }
    }

    /// The resource of a kind as an owner reference names it; any served version of the group will do.
    public Optional<ApiResource> ofKind(String apiVersion, String kind) {
        int slash = apiVersion.indexOf('/');
        String group = slash < 0 ? "" : apiVersion.substring(0, slash);
        return resources.stream()
                .filter(resource ->
                        resource.kind().equals(kind) && resource.group().equals(group))
                .filter(resource -> resource.can("get"))
                .findFirst();
    }
}
