package io.jubernetes.apiserver.flowcontrol;

import io.jubernetes.apiserver.request.RequestInfo;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.resource.ResourceCatalog;
import io.jubernetes.apiserver.watchcache.CachedObject;
import io.jubernetes.apiserver.watchcache.Snapshot;
import java.util.Iterator;
import java.util.Optional;

/// What the watch caches know of objects and watchers. Thread-safe.
final class CachedLoad implements ResourceLoad {
    /// Objects whose size stands for all of their resource.
    private static final int SAMPLE = 10;

    private final ResourceCatalog catalog;
    private final ObjectStorage storage;

    CachedLoad(ResourceCatalog catalog, ObjectStorage storage) {
        this.catalog = catalog;
        this.storage = storage;
    }

    @Override
    public Optional<Stored> stored(RequestInfo info) {
        return resource(info).map(resource -> {
            Snapshot snapshot = storage.cache(resource).snapshot();
            Iterator<CachedObject> objects = snapshot.range("", null);
            long bytes = 0;
            int seen = 0;
            while (seen < SAMPLE && objects.hasNext()) {
                bytes += objects.next().json().length;
                seen++;
            }
            return new Stored(snapshot.size(), bytes / Math.max(1, seen));
        });
    }

    @Override
    public int watchers(RequestInfo info) {
        return resource(info)
                .map(resource -> storage.cache(resource).watchers(resource.key(namespace(resource, info), info.name())))
                .orElse(0);
    }

    private static String namespace(ApiResource resource, RequestInfo info) {
        return resource.namespaced() ? info.namespace() : "";
    }

    private Optional<ApiResource> resource(RequestInfo info) {
        return info.resourceRequest()
                ? catalog.find(info.group(), info.version(), info.resource())
                        .filter(resource -> resource.storagePrefix() != null)
                : Optional.empty();
    }
}
