package io.jubernetes.common.testing;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.jubernetes.common.controller.ChangeHandler;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.Revisions;
import io.jubernetes.common.meta.ObjectKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/// An informer's cache that a test fills by hand.
public final class MemoryCache<T extends HasMetadata> implements Informed<T> {
    private final Map<ObjectKey, T> objects = new ConcurrentSkipListMap<>();
    private final Map<String, Function<T, List<String>>> indexes = new HashMap<>();
    private final List<ChangeHandler<T>> handlers = new CopyOnWriteArrayList<>();
    private volatile long revision;

    @SafeVarargs
    public static <T extends HasMetadata> MemoryCache<T> of(T... objects) {
        var cache = new MemoryCache<T>();
        for (T object : objects) {
            cache.put(object);
        }
        return cache;
    }

    public void put(T object) {
        revision = Math.max(revision, Revisions.of(object));
        T before = objects.put(ObjectKey.of(object), object);
        handlers.forEach(handler -> handler.changed(before, object));
    }

    public void remove(ObjectKey key) {
        T before = objects.remove(key);
        if (before != null) {
            handlers.forEach(handler -> handler.changed(before, null));
        }
    }

    /// Says that the cache has seen everything up to this resource version.
    public void revision(long seen) {
        revision = seen;
    }

    @Override
    public Optional<T> find(ObjectKey key) {
        return Optional.ofNullable(objects.get(key));
    }

    @Override
    public List<T> all() {
        return List.copyOf(objects.values());
    }

    @Override
    public List<T> inNamespace(String namespace) {
        return objects.values().stream()
                .filter(object -> namespace.equals(object.getMetadata().getNamespace()))
                .toList();
    }

    @Override
    public List<T> by(String index, String value) {
        Function<T, List<String>> values = indexes.get(index);
        if (values == null) {
            throw new IllegalArgumentException("no index " + index);
        }
        return objects.values().stream()
                .filter(object -> values.apply(object).contains(value))
                .toList();
    }

    @Override
    public long revision() {
        return revision;
    }

    @Override
    public void index(String name, Function<T, List<String>> values) {
        indexes.putIfAbsent(name, values);
    }

    @Override
    public Registration listen(ChangeHandler<T> handler) {
        new ArrayList<>(objects.values()).forEach(object -> handler.changed(null, object));
        handlers.add(handler);
        return () -> handlers.remove(handler);
    }
}
