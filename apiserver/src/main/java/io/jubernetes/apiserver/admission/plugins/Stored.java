package io.jubernetes.apiserver.admission.plugins;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.watchcache.CachedObject;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.time.Deadline;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/// The objects of a resource that a plugin consults, from the watch cache, which may lag behind the store.
public final class Stored {
    private final ObjectStorage storage;
    private final ApiResource resource;

    public Stored(ObjectStorage storage, ApiResource resource) {
        this.storage = storage;
        this.resource = resource;
    }

    /// All objects in a namespace, or of a resource without namespaces when it is empty, by name, with their resource
    /// versions. The caller's own copies.
    public List<ObjectNode> in(String namespace) {
        List<ObjectNode> all = new ArrayList<>();
        Iterator<CachedObject> found = storage.cache(resource).snapshot().range(resource.keyPrefix(namespace), null);
        while (found.hasNext()) {
            try {
                CachedObject next = found.next();
                if (Json.read(next.storedJson()) instanceof ObjectNode object) {
                    Meta.of(object).put("resourceVersion", Long.toString(next.revision()));
                    all.add(object);
                }
            } catch (IOException e) {
                throw ApiException.internal("unreadable object of " + resource.qualifiedName());
            }
        }
        return all;
    }

    /// An object by its name: from the cache, or from the store when the cache has none.
    public Optional<ObjectNode> find(String namespace, String name, Deadline deadline) {
        return storage.cached(resource, namespace, name)
                .or(() -> storage.latest(resource, namespace, name, deadline))
                .map(ObjectStorage.Loaded::object);
    }

    /// The resource these are objects of.
    public ApiResource resource() {
        return resource;
    }
}
