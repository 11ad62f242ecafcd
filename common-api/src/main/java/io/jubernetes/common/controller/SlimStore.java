package io.jubernetes.common.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/// Keeps an informer's objects without their managed fields, which no controller reads and which make up half of a
/// typical object. An update without managed fields leaves them as they are on the server.
final class SlimStore<T extends HasMetadata> implements ItemStore<T> {
    private final ConcurrentHashMap<String, T> items = new ConcurrentHashMap<>();

    @Override
    public String getKey(T object) {
        return Cache.metaNamespaceKeyFunc(object);
    }

    // The fresh object is nobody else's yet, so this one place may change it.
    @Override
    @SuppressWarnings("NullAway") // the contract is null for none
    public T put(String key, T object) {
        object.getMetadata().setManagedFields(List.of());
        return items.put(key, object);
    }

    @Override
    @SuppressWarnings("NullAway")
    public T remove(String key) {
        return items.remove(key);
    }

    @Override
    public Stream<String> keySet() {
        return items.keySet().stream();
    }

    @Override
    public Stream<T> values() {
        return items.values().stream();
    }

    @Override
    public int size() {
        return items.size();
    }

    @Override
    @SuppressWarnings("NullAway")
    public T get(String key) {
        return items.get(key);
    }
}
