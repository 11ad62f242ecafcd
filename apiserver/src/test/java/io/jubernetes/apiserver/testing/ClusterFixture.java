package io.jubernetes.apiserver.testing;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.admission.AdmissionRequest.Operation;
import io.jubernetes.apiserver.registry.Strategies;
import io.jubernetes.apiserver.request.RequestContext;
import io.jubernetes.apiserver.request.RequestInfo;
import io.jubernetes.apiserver.request.UserInfo;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.BuiltinResources;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.resource.ResourceCatalog;
import io.jubernetes.apiserver.storage.embedded.EmbeddedStore;
import io.jubernetes.apiserver.watchcache.ResourceCache;
import io.jubernetes.apiserver.watchcache.WatchCaches;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.codec.Yaml;
import io.jubernetes.common.time.Deadline;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/// A store with a few objects in it, for authorizers and admission plugins that look at them.
public final class ClusterFixture implements AutoCloseable {
    private static final String RBAC = "rbac.authorization.k8s.io/v1";

    private final EmbeddedStore store;
    private final WatchCaches caches;
    private final ObjectStorage storage;
    private final ResourceCatalog catalog = new ResourceCatalog(BuiltinResources.read(Strategies::of, "/registry"));

    private ClusterFixture(Path folder) {
        store = EmbeddedStore.open(folder);
        caches = new WatchCaches(store, "/registry/", WatchCaches.Settings.defaults(new SimpleMeterRegistry()));
        storage = new ObjectStorage(store, caches);
        catalog.all().forEach(storage::open);
        caches.start();
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(caches::ready);
    }

    public static ClusterFixture open(Path folder) {
        return new ClusterFixture(folder);
    }

    public ObjectStorage storage() {
        return storage;
    }

    public ApiResource resource(String apiVersion, String plural) {
        return catalog.require(apiVersion, plural);
    }

    public ResourceCache cache(String apiVersion, String plural) {
        return storage.cache(resource(apiVersion, plural));
    }

    private static Deadline soon() {
        return Deadline.in(Duration.ofSeconds(20));
    }

    /// Stores an object; `body` is what it has beside its metadata.
    public void put(String apiVersion, String plural, String namespace, String name, String body) {
        ApiResource resource = resource(apiVersion, plural);
        ObjectNode object = object(body);
        object.put("kind", resource.kind()).put("apiVersion", apiVersion);
        Meta.of(object).put("name", name).put("uid", "uid-" + name);
        if (!namespace.isEmpty()) {
            Meta.of(object).put("namespace", namespace);
        }
        var _ = storage.create(resource, object, null, soon()).revision();
    }

    /// Binds a role; in the whole cluster when there is no namespace.
    public void bind(String namespace, String name, String roleKind, String role, String subjects) {
        put(
                RBAC,
                namespace.isEmpty() ? "clusterrolebindings" : "rolebindings",
                namespace,
                name,
                "{roleRef: {apiGroup: rbac.authorization.k8s.io, kind: " + roleKind + ", name: " + role
                        + "}, subjects: [" + subjects + "]}");
    }

    public void remove(String apiVersion, String plural, String namespace, String name) {
        ApiResource resource = resource(apiVersion, plural);
        ObjectStorage.Loaded present =
                storage.latest(resource, namespace, name, soon()).orElseThrow();
        var _ = storage.delete(resource, present.object(), present.revision(), soon())
                .revision();
    }

    /// Waits until the caches show what has been stored.
    public void settle() {
        for (ApiResource resource : catalog.all()) {
            if (resource.storagePrefix() != null) {
                var _ = storage.cache(resource).latest(soon());
            }
        }
    }

    /// The catalog of all built-in resources.
    public ResourceCatalog catalog() {
        return catalog;
    }

    /// An object as it is in the store.
    public ObjectNode get(String apiVersion, String plural, String namespace, String name) {
        return storage.latest(resource(apiVersion, plural), namespace, name, soon())
                .orElseThrow()
                .object();
    }

    /// A write by a user.
    ///
    /// @param object null for a deletion
    /// @param old null for a creation
    public AdmissionRequest write(
            UserInfo user,
            String apiVersion,
            String plural,
            String path,
            @Nullable ObjectNode object,
            @Nullable ObjectNode old) {
        ApiResource resource = resource(apiVersion, plural);
        String[] parts = path.split("/", -1);
        Operation operation = old == null ? Operation.CREATE : object == null ? Operation.DELETE : Operation.UPDATE;
        String method = old == null ? "POST" : object == null ? "DELETE" : "PUT";
        String root = resource.group().isEmpty() ? "/api/v1" : "/apis/" + apiVersion;
        String url = root + (parts[0].isEmpty() ? "" : "/namespaces/" + parts[0]) + "/" + plural;
        var info = RequestInfo.of(method, old == null ? url : url + "/" + parts[1], Map.of());
        return new AdmissionRequest(
                new RequestContext(info, user, "test", soon()),
                resource,
                operation,
                parts[0],
                parts[1],
                parts.length > 2 ? parts[2] : "",
                object,
                old,
                false,
                Json.object());
    }

    /// Reads an object that is written with single quotes or as YAML.
    public static ObjectNode object(String text) {
        try {
            return (ObjectNode) Yaml.read(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        caches.close();
        store.close();
    }
}
