package io.jubernetes.apiserver.admission.plugins;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.watchcache.CachedObject;
import io.jubernetes.common.codec.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/// The objects of a resource that a plugin consults, from the watch cache, which may lag behind the store.
final class Stored {
    private final ObjectStorage storage;
    private final ApiResource resource;

    Stored(ObjectStorage storage, ApiResource resource) {
        this.storage = storage;
        this.resource = resource;
    }

    /// All objects in a namespace, by name.
    List<ObjectNode> in(String namespace) {
        List<ObjectNode> all = new ArrayList<>();
        Iterator<CachedObject> found = storage.cache(resource).snapshot().range(resource.keyPrefix(namespace), null);
        while (found.hasNext()) {
            try {
                if (Json.read(found.next().storedJson()) instanceof ObjectNode object) {
                    all.add(object);
                }
            } catch (IOException e) {
                throw ApiException.internal("unreadable object of " + resource.qualifiedName());
            }
        }
        return all;
    }
}
