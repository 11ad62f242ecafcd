package io.jubernetes.apiserver.aggregation;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.watchcache.CachedObject;
import io.jubernetes.apiserver.watchcache.Snapshot;
import io.jubernetes.common.codec.Json;
import java.io.IOException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The registered API versions, read from the watch cache. Thread-safe.
public final class ApiServices {
    private final ObjectStorage storage;
    private final ApiResource resource;
    private volatile @Nullable View view;

    /// Where another server is.
    ///
    /// @param caBundle in base64; empty for the authorities this machine trusts
    public record Backend(String namespace, String service, int port, String caBundle, boolean insecure) {}

    /// One API version.
    ///
    /// @param backend null when this server serves it
    public record Entry(
            String name,
            String uid,
            String group,
            String version,
            int groupPriority,
            int versionPriority,
            @Nullable Backend backend,
            boolean available,
            boolean managed) {
        /// `metrics.k8s.io/v1`
        public String apiVersion() {
            return group.isEmpty() ? version : group + "/" + version;
        }

        /// The path below which it is served.
        public String path() {
            return group.isEmpty() ? "/api/" + version : "/apis/" + group + "/" + version;
        }
    }

    private record View(Snapshot of, Map<String, Entry> byVersion, List<Entry> remote) {}

    public ApiServices(ObjectStorage storage, ApiResource resource) {
        this.storage = storage;
        this.resource = resource;
    }

    ApiResource resource() {
        return resource;
    }

    private View view() {
        Snapshot now = storage.cache(resource).snapshot();
        View known = view;
        if (known != null && known.of() == now) {
            return known;
        }
        Map<String, Entry> byVersion = new LinkedHashMap<>();
        Iterator<CachedObject> all = now.range(resource.keyPrefix(""), null);
        while (all.hasNext()) {
            Entry entry = entry(all.next());
            byVersion.put(entry.apiVersion(), entry);
        }
        List<Entry> remote = byVersion.values().stream()
                .filter(entry -> entry.backend() != null)
                .toList();
        View made = new View(now, byVersion, remote);
        view = made;
        return made;
    }

    private static Entry entry(CachedObject object) {
        try {
            JsonNode tree = Json.read(object.storedJson());
            JsonNode spec = tree.path("spec");
            JsonNode service = spec.path("service");
            boolean available = false;
            for (JsonNode condition : tree.path("status").path("conditions")) {
                available |= condition.path("type").asText("").equals("Available")
                        && condition.path("status").asText("").equals("True");
            }
            return new Entry(
                    object.name(),
                    Meta.uid(tree),
                    spec.path("group").asText(""),
                    spec.path("version").asText(""),
                    spec.path("groupPriorityMinimum").asInt(0),
                    spec.path("versionPriority").asInt(0),
                    service.isObject()
                            ? new Backend(
                                    service.path("namespace").asText(""),
                                    service.path("name").asText(""),
                                    service.path("port").asInt(443),
                                    spec.path("caBundle").asText(""),
                                    spec.path("insecureSkipTLSVerify").asBoolean(false))
                            : null,
                    available,
                    Meta.labels(tree)
                            .getOrDefault(ApiServiceController.MANAGED, "")
                            .equals("true"));
        } catch (IOException e) {
            throw ApiException.internal("unreadable API service " + object.name());
        }
    }

    /// All of them by API version.
    public Map<String, Entry> all() {
        return view().byVersion();
    }

    /// Those that other servers answer for.
    public List<Entry> remote() {
        return view().remote();
    }

    /// Which other server answers a path; empty when this one does.
    ///
    /// @param path such as `/apis/metrics.k8s.io/v1/nodes`
    public Optional<Entry> remoteOf(String path) {
        List<Entry> all = remote();
        if (all.isEmpty()) {
            return Optional.empty();
        }
        return all.stream()
                .filter(entry -> path.equals(entry.path()) || path.startsWith(entry.path() + "/"))
                .findFirst();
    }

    /// Whether a group is known by an API service, whoever serves it.
    public boolean hasGroup(String group) {
        return remote().stream().anyMatch(entry -> entry.group().equals(group));
    }
}
