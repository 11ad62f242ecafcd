package io.jubernetes.apiserver.authz;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.Strategies;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.BuiltinResources;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.resource.ResourceCatalog;
import io.jubernetes.apiserver.storage.embedded.EmbeddedStore;
import io.jubernetes.apiserver.watchcache.ResourceCache;
import io.jubernetes.apiserver.watchcache.WatchCaches;
import io.jubernetes.common.codec.Yaml;
import io.jubernetes.common.time.Deadline;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;

/// A store with a few objects in it, for authorizers that look at them.
final class AuthorizationFixture implements AutoCloseable {
    private static final String RBAC = "rbac.authorization.k8s.io/v1";

    private final EmbeddedStore store;
    private final WatchCaches caches;
    private final ObjectStorage storage;
    private final ResourceCatalog catalog = new ResourceCatalog(BuiltinResources.read(Strategies::of, "/registry"));

    private AuthorizationFixture(Path folder) {
        store = EmbeddedStore.open(folder);
        caches = new WatchCaches(store, "/registry/", WatchCaches.Settings.defaults(new SimpleMeterRegistry()));
        storage = new ObjectStorage(store, caches);
        catalog.all().forEach(storage::open);
        caches.start();
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(caches::ready);
    }

    static AuthorizationFixture open(Path folder) {
        return new AuthorizationFixture(folder);
    }

    ObjectStorage storage() {
        return storage;
    }

    ApiResource resource(String apiVersion, String plural) {
        return catalog.require(apiVersion, plural);
    }

    ResourceCache cache(String apiVersion, String plural) {
        return storage.cache(resource(apiVersion, plural));
    }

    private static Deadline soon() {
        return Deadline.in(Duration.ofSeconds(20));
    }

    /// Stores an object; `body` is what it has beside its metadata.
    void put(String apiVersion, String plural, String namespace, String name, String body) {
        ApiResource resource = resource(apiVersion, plural);
        ObjectNode object;
        try {
            object = (ObjectNode) Yaml.read(body.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        object.put("kind", resource.kind()).put("apiVersion", apiVersion);
        Meta.of(object).put("name", name).put("uid", "uid-" + name);
        if (!namespace.isEmpty()) {
            Meta.of(object).put("namespace", namespace);
        }
        var _ = storage.create(resource, object, null, soon()).revision();
    }

    /// Binds a role; in the whole cluster when there is no namespace.
    void bind(String namespace, String name, String roleKind, String role, String subjects) {
        put(
                RBAC,
                namespace.isEmpty() ? "clusterrolebindings" : "rolebindings",
                namespace,
                name,
                "{roleRef: {apiGroup: rbac.authorization.k8s.io, kind: " + roleKind + ", name: " + role
                        + "}, subjects: [" + subjects + "]}");
    }

    void remove(String apiVersion, String plural, String namespace, String name) {
        ApiResource resource = resource(apiVersion, plural);
        ObjectStorage.Loaded present =
                storage.latest(resource, namespace, name, soon()).orElseThrow();
        var _ = storage.delete(resource, present.object(), present.revision(), soon())
                .revision();
    }

    /// Waits until the caches show what has been stored.
    void settle() {
        for (ApiResource resource : catalog.all()) {
            if (resource.storagePrefix() != null) {
                var _ = storage.cache(resource).latest(soon());
            }
        }
    }

    @Override
    public void close() {
        caches.close();
        store.close();
    }
}
