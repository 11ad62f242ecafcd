package io.jubernetes.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.storage.KeyValueStore;
import io.jubernetes.apiserver.storage.StoreException;
import io.jubernetes.apiserver.watchcache.ObjectIndexer;
import io.jubernetes.apiserver.watchcache.ResourceCache;
import io.jubernetes.apiserver.watchcache.WatchCaches;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.time.Deadline;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// The stored objects of all resources: trees in and out of the store, and the watch cache of each resource.
/// Thread-safe.
public final class ObjectStorage {
    private final KeyValueStore store;
    private final WatchCaches caches;
    private final Map<String, ResourceCache> byPrefix = new ConcurrentHashMap<>();

    public ObjectStorage(KeyValueStore store, WatchCaches caches) {
        this.store = store;
        this.caches = caches;
    }

    /// An object as loaded, in its storage version.
    ///
    /// @param object with its resource version in place; the caller's own copy
    /// @param fresh whether it is certain to be the latest
    public record Loaded(ObjectNode object, long revision, boolean fresh) {}

    /// What a compare-and-set did: the new revision, or the object that stood in the way.
    public record Written(
            boolean done, long revision, @Nullable Loaded current) {}

    /// Opens the cache of a resource. Versions of one resource share it.
    public void open(ApiResource resource) {
        String prefix = resource.storagePrefix();
        if (prefix != null) {
            byPrefix.computeIfAbsent(prefix, _ -> caches.register(resource.qualifiedName(), prefix, indexer(resource)));
        }
    }

    /// Opens the cache of a resource anew, which ends its watches: what they are shown has changed.
    public void reopen(ApiResource resource) {
        byPrefix.computeIfPresent(String.valueOf(resource.storagePrefix()), (prefix, _) -> {
            caches.unregister(resource.qualifiedName());
            return caches.register(resource.qualifiedName(), prefix, indexer(resource));
        });
        open(resource);
    }

    /// Closes the cache of a resource that is gone.
    public void close(ApiResource resource) {
        String prefix = resource.storagePrefix();
        if (prefix != null && byPrefix.remove(prefix) != null) {
            caches.unregister(resource.qualifiedName());
        }
    }

    public ResourceCache cache(ApiResource resource) {
        ResourceCache cache = byPrefix.get(String.valueOf(resource.storagePrefix()));
        if (cache == null) {
            throw ApiException.unavailable("the storage of " + resource.qualifiedName() + " is not open");
        }
        return cache;
    }

    private static ObjectIndexer indexer(ApiResource resource) {
        return (key, json) -> {
            JsonNode object = tree(json);
            Map<String, String> fields = new LinkedHashMap<>();
            fields.put("metadata.name", Meta.name(object));
            if (resource.namespaced()) {
                fields.put("metadata.namespace", Meta.namespace(object));
            }
            fields.putAll(resource.strategy().indexedFields(object));
            return new ObjectIndexer.Indexed(Meta.namespace(object), Meta.name(object), Meta.labels(object), fields);
        };
    }

    /// The object the cache holds, which may lag behind the store; empty when the cache has none.
    public Optional<Loaded> cached(ApiResource resource, String namespace, String name) {
        return cache(resource)
                .snapshot()
                .get(resource.key(namespace, name))
                .map(found -> loaded(resource, found.storedJson(), found.revision(), false));
    }

    /// The latest object.
    public Optional<Loaded> latest(ApiResource resource, String namespace, String name, Deadline deadline) {
        return store.get(resource.key(namespace, name), deadline)
                .map(entry -> loaded(resource, entry.value(), entry.modRevision(), true));
    }

    /// Fails when the store has something below a prefix, or at a key, that cannot be read: a list without it would be
    /// a lie.
    ///
    /// @throws StoreException.Unreadable as reading it says
    public void requireReadable(ApiResource resource, String from, Deadline deadline) {
        String key = cache(resource).unreadable(from).orElse(null);
        if (key == null) {
            return;
        }
        store.get(key, deadline).ifPresent(entry -> {
            var _ = tree(entry.value());
            throw new StoreException.Unreadable(
                    "unable to transform key \"" + key + "\": it will be read when the server starts again", null);
        });
    }

    /// Whether an object should be written anew although nothing in it changes.
    boolean needsRewrite(ApiResource resource, ObjectNode object, Deadline deadline) {
        return store.needsRewrite(key(resource, object), deadline);
    }

    public Written create(ApiResource resource, ObjectNode object, @Nullable Duration timeToLive, Deadline deadline) {
        return written(resource, store.create(key(resource, object), bytes(object), timeToLive, deadline));
    }

    public Written update(
            ApiResource resource, ObjectNode object, long expected, @Nullable Duration timeToLive, Deadline deadline) {
        return written(resource, store.update(key(resource, object), bytes(object), expected, timeToLive, deadline));
    }

    public Written delete(ApiResource resource, ObjectNode object, long expected, Deadline deadline) {
        return written(resource, store.delete(key(resource, object), expected, deadline));
    }

    private static String key(ApiResource resource, ObjectNode object) {
        return resource.key(resource.namespaced() ? Meta.namespace(object) : "", Meta.name(object));
    }

    private static Written written(ApiResource resource, KeyValueStore.Outcome outcome) {
        KeyValueStore.Entry current = outcome.current();
        return new Written(
                outcome.succeeded(),
                outcome.revision(),
                current == null ? null : loaded(resource, current.value(), current.modRevision(), true));
    }

    private static Loaded loaded(ApiResource resource, byte[] json, long revision, boolean fresh) {
        ObjectNode object = resource.strategy().afterLoad(tree(json));
        Meta.of(object).put("resourceVersion", Long.toString(revision));
        return new Loaded(object, revision, fresh);
    }

    private static ObjectNode tree(byte[] json) {
        try {
            if (Json.read(json) instanceof ObjectNode object) {
                return object;
            }
        } catch (IOException e) {
            throw ApiException.internal("unreadable object in the store: " + e.getMessage());
        }
        throw ApiException.internal("unreadable object in the store");
    }

    /// The stored form: JSON without the resource version, which the store itself counts; type and metadata come first.
    private static byte[] bytes(ObjectNode object) {
        ObjectNode stored = Json.object();
        stored.set("kind", object.get("kind"));
        stored.set("apiVersion", object.get("apiVersion"));
        ObjectNode meta = Meta.of(object).deepCopy();
        meta.remove("resourceVersion");
        meta.remove("selfLink");
        stored.set("metadata", meta);
        object.properties().forEach(entry -> {
            if (!stored.has(entry.getKey())) {
                stored.set(entry.getKey(), entry.getValue());
            }
        });
        return Json.bytes(stored);
    }
}
