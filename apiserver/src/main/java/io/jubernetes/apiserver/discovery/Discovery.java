package io.jubernetes.apiserver.discovery;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.aggregation.ApiServices;
import io.jubernetes.apiserver.aggregation.RemoteDocuments;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.ApiResource.Subresource;
import io.jubernetes.apiserver.resource.ApiVersions;
import io.jubernetes.apiserver.resource.ResourceCatalog;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.codec.Sha256;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// Makes the discovery documents from the catalog. Thread-safe.
public final class Discovery {
    /// Kinds upstream stores in another version than the one that is asked for, by group and kind: clients compare the
    /// hashes of these names.
    private static final Map<String, String> STORED_AS = Map.of(
            "autoscaling/HorizontalPodAutoscaler", "autoscaling/v2/HorizontalPodAutoscaler",
            "apiextensions.k8s.io/CustomResourceDefinition", "apiextensions.k8s.io/v1beta1/CustomResourceDefinition",
            "events.k8s.io/Event", "/v1/Event");

    private final ResourceCatalog catalog;
    private final ApiServices services;
    private final RemoteDocuments remote;
    private final String address;

    /// @param remote what other servers tell of the versions they answer for
    /// @param address host and port clients reach the server at
    public Discovery(ResourceCatalog catalog, ApiServices services, RemoteDocuments remote, String address) {
        this.catalog = catalog;
        this.services = services;
        this.remote = remote;
        this.address = address;
    }

    /// `/api`
    public ObjectNode coreVersions() {
        ObjectNode versions = Json.object();
        versions.put("kind", "APIVersions");
        versions.putArray("versions").add("v1");
        versions.putArray("serverAddressByClientCIDRs")
                .addObject()
                .put("clientCIDR", "0.0.0.0/0")
                .put("serverAddress", address);
        return versions;
    }

    /// The versions of each group but the core, groups and versions in order of preference.
    private Map<String, List<String>> groups() {
        Map<String, List<String>> groups = new LinkedHashMap<>();
        for (String apiVersion : catalog.groupVersions()) {
            String group = ResourceCatalog.groupOf(apiVersion);
            if (!group.isEmpty()) {
                groups.computeIfAbsent(group, _ -> new ArrayList<>()).add(apiVersion.substring(group.length() + 1));
            }
        }
        return services.remote().isEmpty() ? groups : withRemote(groups);
    }

    /// The groups with those of other servers: the built-in ones first, then by priority and name.
    private Map<String, List<String>> withRemote(Map<String, List<String>> own) {
        Map<String, List<String>> all = new LinkedHashMap<>(own);
        for (ApiServices.Entry entry : services.remote()) {
            List<String> versions = new ArrayList<>(all.getOrDefault(entry.group(), List.of()));
            if (!versions.contains(entry.version())) {
                versions.add(entry.version());
            }
            versions.sort(Comparator.comparingInt((String version) -> -versionPriority(entry.group(), version))
                    .thenComparing(ApiVersions.PREFERRED_FIRST));
            all.put(entry.group(), versions);
        }
        Map<String, List<String>> sorted = new LinkedHashMap<>();
        all.keySet().stream().filter(catalog::isBuiltinGroup).forEach(name -> sorted.put(name, all.get(name)));
        all.keySet().stream()
                .filter(name -> !catalog.isBuiltinGroup(name))
                .sorted(Comparator.comparingInt((String name) -> -groupPriority(name))
                        .thenComparing(Comparator.naturalOrder()))
                .forEach(name -> sorted.put(name, all.get(name)));
        return sorted;
    }

    private int groupPriority(String group) {
        return services.all().values().stream()
                .filter(entry -> entry.group().equals(group))
                .mapToInt(ApiServices.Entry::groupPriority)
                .max()
                .orElse(0);
    }

    private int versionPriority(String group, String version) {
        ApiServices.Entry entry = services.all().get(group + "/" + version);
        return entry == null ? 0 : entry.versionPriority();
    }

    /// `/apis`
    public ObjectNode groupList() {
        ObjectNode list = Json.object();
        list.put("kind", "APIGroupList").put("apiVersion", "v1");
        ArrayNode all = list.putArray("groups");
        groups().forEach((name, versions) -> all.add(group(name, versions)));
        return list;
    }

    /// `/apis/GROUP`
    public Optional<ObjectNode> group(String name) {
        List<String> versions = groups().get(name);
        if (versions == null) {
            return Optional.empty();
        }
        ObjectNode group = Json.object();
        group.put("kind", "APIGroup").put("apiVersion", "v1");
        group.setAll(group(name, versions));
        return Optional.of(group);
    }

    private static ObjectNode group(String name, List<String> versions) {
        ObjectNode group = Json.object();
        group.put("name", name);
        ArrayNode list = group.putArray("versions");
        for (String version : versions) {
            list.addObject().put("groupVersion", name + "/" + version).put("version", version);
        }
        group.putObject("preferredVersion")
                .put("groupVersion", name + "/" + versions.getFirst())
                .put("version", versions.getFirst());
        return group;
    }

    /// `/api/v1` and `/apis/GROUP/VERSION`
    public Optional<ObjectNode> resources(String apiVersion) {
        if (!catalog.serves(apiVersion)) {
            return Optional.empty();
        }
        ObjectNode list = Json.object();
        list.put("kind", "APIResourceList");
        if (apiVersion.contains("/")) {
            list.put("apiVersion", "v1");
        }
        list.put("groupVersion", apiVersion);
        ArrayNode all = list.putArray("resources");
        catalog.of(apiVersion).stream()
                .sorted(Comparator.comparing(ApiResource::plural))
                .forEach(resource -> addResource(all, resource));
        return Optional.of(list);
    }

    private static void addResource(ArrayNode all, ApiResource resource) {
        ObjectNode entry = all.addObject();
        entry.put("name", resource.plural())
                .put("singularName", resource.singular())
                .put("namespaced", resource.namespaced())
                .put("kind", resource.kind());
        verbs(entry, resource, resource.verbs());
        strings(entry, "shortNames", resource.shortNames());
        strings(entry, "categories", resource.categories());
        if (resource.verbs().contains("watch")) {
            entry.put("storageVersionHash", hash(resource));
        }
        for (Subresource subresource : sorted(resource)) {
            ObjectNode sub = all.addObject();
            sub.put("name", resource.plural() + "/" + subresource.name())
                    .put("singularName", "")
                    .put("namespaced", resource.namespaced());
            String groupVersion = subresource.groupVersion();
            if (groupVersion != null) {
                sub.put("group", ResourceCatalog.groupOf(groupVersion))
                        .put("version", groupVersion.substring(groupVersion.indexOf('/') + 1));
            }
            sub.put("kind", subresource.kind());
            verbs(sub, resource, subresource.verbs());
        }
    }

    private static List<Subresource> sorted(ApiResource resource) {
        if (resource.strategy().isCustom()) {
            return List.copyOf(resource.subresources().values());
        }
        return resource.subresources().values().stream()
                .sorted(Comparator.comparing(Subresource::name))
                .toList();
    }

    private static void verbs(ObjectNode entry, ApiResource resource, Set<String> verbs) {
        ArrayNode list = entry.putArray("verbs");
        (resource.strategy().isCustom() ? verbs : new TreeSet<>(verbs)).forEach(list::add);
    }

    private static void strings(ObjectNode entry, String field, List<String> values) {
        if (!values.isEmpty()) {
            ArrayNode list = entry.putArray(field);
            values.forEach(list::add);
        }
    }

    private static String hash(ApiResource resource) {
        String kind = STORED_AS.getOrDefault(
                resource.group() + "/" + resource.kind(),
                resource.group() + "/" + resource.version() + "/" + resource.kind());
        return Base64.getEncoder().encodeToString(java.util.Arrays.copyOf(Sha256.of(kind), 8));
    }

    /// The aggregated document of `/api` (core only) or `/apis` (all others).
    ///
    /// @param version `v2` or `v2beta1`
    public ObjectNode aggregated(boolean core, String version) {
        ObjectNode list = Json.object();
        list.put("kind", "APIGroupDiscoveryList").put("apiVersion", "apidiscovery.k8s.io/" + version);
        list.putObject("metadata");
        ArrayNode items = list.putArray("items");
        if (core) {
            items.add(aggregatedGroup("", List.of("v1")));
        } else {
            groups().forEach((name, versions) -> items.add(aggregatedGroup(name, versions)));
        }
        return list;
    }

    private ObjectNode aggregatedGroup(String name, List<String> versions) {
        ObjectNode group = Json.object();
        ObjectNode meta = group.putObject("metadata");
        if (!name.isEmpty()) {
            meta.put("name", name);
        }
        ArrayNode list = group.putArray("versions");
        for (String version : versions) {
            ApiServices.Entry other = services.all().get(name + "/" + version);
            if (other != null && other.backend() != null) {
                list.add(remote.discovered(other));
                continue;
            }
            ObjectNode entry = list.addObject();
            entry.put("version", version);
            ArrayNode resources = entry.putArray("resources");
            String apiVersion = name.isEmpty() ? version : name + "/" + version;
            catalog.of(apiVersion).stream()
                    .sorted(Comparator.comparing(ApiResource::plural))
                    .forEach(resource -> resources.add(aggregatedResource(resource)));
            entry.put("freshness", "Current");
        }
        return group;
    }

    private static ObjectNode aggregatedResource(ApiResource resource) {
        ObjectNode entry = Json.object();
        entry.put("resource", resource.plural());
        // Empty names stand for the group and version the resource is listed in.
        responseKind(entry, "", "", resource.kind());
        entry.put("scope", resource.namespaced() ? "Namespaced" : "Cluster")
                .put("singularResource", resource.singular());
        verbs(entry, resource, resource.verbs());
        strings(entry, "shortNames", resource.shortNames());
        strings(entry, "categories", resource.categories());
        if (!resource.subresources().isEmpty()) {
            ArrayNode list = entry.putArray("subresources");
            for (Subresource subresource : sorted(resource)) {
                ObjectNode sub = list.addObject();
                sub.put("subresource", subresource.name());
                String groupVersion = subresource.groupVersion();
                responseKind(
                        sub,
                        groupVersion == null ? "" : ResourceCatalog.groupOf(groupVersion),
                        groupVersion == null ? "" : groupVersion.substring(groupVersion.indexOf('/') + 1),
                        subresource.kind());
                verbs(sub, resource, subresource.verbs());
            }
        }
        return entry;
    }

    private static void responseKind(ObjectNode entry, String group, String version, String kind) {
        entry.putObject("responseKind")
                .put("group", group)
                .put("version", version)
                .put("kind", kind);
    }

    /// The `ETag` of a document.
    public static String etag(ObjectNode document) {
        return "\"" + HexFormat.of().withUpperCase().formatHex(Sha256.of(document.toString())) + "\"";
    }
}
