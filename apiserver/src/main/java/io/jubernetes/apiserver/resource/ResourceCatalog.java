package io.jubernetes.apiserver.resource;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/// Every resource that is served now. Readers see a consistent, immutable view; resources that users define come and go
/// at run time. Thread-safe.
public final class ResourceCatalog {
    private final List<ApiResource> builtin;
    private final TreeMap<String, List<ApiResource>> custom = new TreeMap<>();
    private volatile View view;

    public ResourceCatalog(List<ApiResource> builtin) {
        this.builtin = List.copyOf(builtin);
        view = new View(this.builtin);
    }

    /// What is served at one moment. Equal views are the same object, so documents made from one can be kept with it.
    public static final class View {
        private final Map<String, ApiResource> byPath = new LinkedHashMap<>();
        private final Map<String, ApiResource> byKind = new LinkedHashMap<>();
        private final Map<String, List<ApiResource>> byVersion = new LinkedHashMap<>();
        private final Set<String> groups = new LinkedHashSet<>();

        private View(Collection<ApiResource> resources) {
            for (ApiResource resource : resources) {
                String apiVersion = resource.apiVersion();
                if (byPath.putIfAbsent(apiVersion + "/" + resource.plural(), resource) == null) {
                    byKind.putIfAbsent(apiVersion + "/" + resource.kind(), resource);
                    Objects.requireNonNull(byVersion.computeIfAbsent(apiVersion, _ -> new ArrayList<>()))
                            .add(resource);
                    groups.add(resource.group());
                }
            }
        }
    }

    /// The view of this moment; another one when resources have come or gone.
    public View view() {
        return view;
    }

    /// The resource at a group's version by its plural name.
    public Optional<ApiResource> find(String group, String version, String plural) {
        String apiVersion = group.isEmpty() ? version : group + "/" + version;
        return Optional.ofNullable(view.byPath.get(apiVersion + "/" + plural));
    }

    /// The resource whose objects have a kind; the first one when several do.
    public Optional<ApiResource> findKind(String apiVersion, String kind) {
        return Optional.ofNullable(view.byKind.get(apiVersion + "/" + kind));
    }

    /// A built-in resource the caller knows to exist.
    public ApiResource require(String apiVersion, String plural) {
        ApiResource resource = view.byPath.get(apiVersion + "/" + plural);
        if (resource == null) {
            throw new IllegalStateException("no resource " + apiVersion + "/" + plural);
        }
        return resource;
    }

    public boolean serves(String apiVersion) {
        return view.byVersion.containsKey(apiVersion);
    }

    public boolean servesGroup(String group) {
        return view.groups.contains(group);
    }

    /// Whether any built-in resource is of that group.
    public boolean isBuiltinGroup(String group) {
        return builtin.stream().anyMatch(resource -> resource.group().equals(group));
    }

    /// All API versions in their order of preference within a group.
    public Set<String> groupVersions() {
        return view.byVersion.keySet();
    }

    public Collection<ApiResource> all() {
        return view.byPath.values();
    }

    /// The resources of one API version, in discovery's order.
    public List<ApiResource> of(String apiVersion) {
        return view.byVersion.getOrDefault(apiVersion, List.of());
    }

    /// Serves the resources of a definition, in place of those it had before.
    ///
    /// @param definition its name
    /// @param resources one for each version that is served
    public synchronized void put(String definition, List<ApiResource> resources) {
        custom.put(definition, List.copyOf(resources));
        rebuild();
    }

    /// Serves the resources of a definition no longer.
    public synchronized void remove(String definition) {
        if (custom.remove(definition) != null) {
            rebuild();
        }
    }

    /// Custom resources follow the built-in ones, by group and then by version, the preferred one first.
    private void rebuild() {
        List<ApiResource> all = new ArrayList<>(builtin);
        custom.values().stream()
                .flatMap(List::stream)
                .sorted((left, right) -> {
                    int groups = left.group().compareTo(right.group());
                    return groups != 0 ? groups : ApiVersions.PREFERRED_FIRST.compare(left.version(), right.version());
                })
                .forEach(all::add);
        view = new View(all);
    }

    /// The group of an API version: `apps` of `apps/v1`, empty for `v1`.
    public static String groupOf(String apiVersion) {
        int slash = apiVersion.indexOf('/');
        return slash < 0 ? "" : apiVersion.substring(0, slash);
    }
}
