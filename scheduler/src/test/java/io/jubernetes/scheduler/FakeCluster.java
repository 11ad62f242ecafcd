package io.jubernetes.scheduler;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.jubernetes.common.controller.ChangeHandler;
import io.jubernetes.common.controller.Lister;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.scheduler.framework.Cluster;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A cluster of objects that a test puts there.
public final class FakeCluster implements Cluster {
    private final Map<Class<?>, Map<ObjectKey, HasMetadata>> objects = new HashMap<>();
    private final Map<Class<?>, List<ChangeHandler<HasMetadata>>> handlers = new HashMap<>();

    public void put(HasMetadata... all) {
        for (HasMetadata object : all) {
            HasMetadata before = of(object.getClass()).put(ObjectKey.of(object), object);
            handlers.getOrDefault(object.getClass(), List.of()).forEach(handler -> handler.changed(before, object));
        }
    }

    private Map<ObjectKey, HasMetadata> of(Class<?> kind) {
        return objects.computeIfAbsent(kind, _ -> new LinkedHashMap<>());
    }

    @Override
    public <T extends HasMetadata> Lister<T> lister(Class<T> kind) {
        return new Lister<>() {
            @Override
            public Optional<T> find(ObjectKey key) {
                return Optional.ofNullable(kind.cast(of(kind).get(key)));
            }

            @Override
            public List<T> all() {
                return of(kind).values().stream().map(kind::cast).toList();
            }

            @Override
            public List<T> inNamespace(String namespace) {
                return all().stream()
                        .filter(object -> ObjectKey.of(object).namespace().equals(namespace))
                        .toList();
            }

            @Override
            public List<T> by(String index, String value) {
                throw new UnsupportedOperationException();
            }

            @Override
            public long revision() {
                return 0;
            }
        };
    }

    @Override
    @SuppressWarnings("unchecked") // called with objects of the kind only
    public <T extends HasMetadata> void listen(Class<T> kind, ChangeHandler<T> handler) {
        handlers.computeIfAbsent(kind, _ -> new ArrayList<>()).add((ChangeHandler<HasMetadata>) handler);
    }
}
