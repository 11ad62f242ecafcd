package io.jubernetes.apiserver.resource;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Every resource that is served now. Readers see a consistent, immutable view; resources come and go at run time
/// (custom
/// resources). Thread-safe.
public final class ResourceCatalog {
    private record View(Map<String, ApiResource> byPath, Set<String> groupVersions) {}

    private volatile View view;

    public ResourceCatalog(List<ApiResource> builtin) {
        view = viewOf(builtin);
    }

    private static View viewOf(Collection<ApiResource> resources) {
        Map<String, ApiResource> byPath = new LinkedHashMap<>();
        Set<String> groupVersions = new LinkedHashSet<>();
        for (ApiResource resource : resources) {
            byPath.put(resource.apiVersion() + "/" + resource.plural(), resource);
            groupVersions.add(resource.apiVersion());
        }
        return new View(byPath, groupVersions);
    }

    /// The resource at a group's version by its plural name.
    public Optional<ApiResource> find(String group, String version, String plural) {
        String apiVersion = group.isEmpty() ? version : group + "/" + version;
        return Optional.ofNullable(view.byPath().get(apiVersion + "/" + plural));
    }

    /// The resource whose objects have a kind; the first one when several do.
    public Optional<ApiResource> findKind(String apiVersion, String kind) {
        return view.byPath().values().stream()
                .filter(resource ->
                        resource.kind().equals(kind) && resource.apiVersion().equals(apiVersion))
                .findFirst();
    }

    /// A built-in resource the caller knows to exist.
    public ApiResource require(String apiVersion, String plural) {
        ApiResource resource = view.byPath().get(apiVersion + "/" + plural);
        if (resource == null) {
            throw new IllegalStateException("no resource " + apiVersion + "/" + plural);
        }
        return resource;
    }

    public boolean serves(String apiVersion) {
        return view.groupVersions().contains(apiVersion);
    }

    public boolean servesGroup(String group) {
        return view.groupVersions().stream().anyMatch(gv -> groupOf(gv).equals(group));
    }

    /// All API versions in their order of preference within a group.
    public Set<String> groupVersions() {
        return view.groupVersions();
    }

    public Collection<ApiResource> all() {
        return view.byPath().values();
    }

    /// The resources of one API version, in discovery's order.
    public List<ApiResource> of(String apiVersion) {
        return view.byPath().values().stream()
                .filter(resource -> resource.apiVersion().equals(apiVersion))
                .toList();
    }

    /// Adds or replaces resources.
    public synchronized void put(Collection<ApiResource> resources) {
        Map<String, ApiResource> next = new LinkedHashMap<>(view.byPath());
        resources.forEach(resource -> next.put(resource.apiVersion() + "/" + resource.plural(), resource));
        view = viewOf(next.values());
    }

    /// Takes resources away; unknown ones are passed over.
    public synchronized void remove(String group, String plural, @Nullable Set<String> versions) {
        List<ApiResource> kept = new ArrayList<>();
        for (ApiResource resource : view.byPath().values()) {
            boolean gone = resource.group().equals(group)
                    && resource.plural().equals(plural)
                    && (versions == null || versions.contains(resource.version()));
            if (!gone) {
                kept.add(resource);
            }
        }
        view = viewOf(kept);
    }

    /// The group of an API version: `apps` of `apps/v1`, empty for `v1`.
    public static String groupOf(String apiVersion) {
        int slash = apiVersion.indexOf('/');
        return slash < 0 ? "" : apiVersion.substring(0, slash);
    }
}
