package io.jubernetes.common.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.jubernetes.common.meta.ObjectKey;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reads one fabric8 informer. It never gives up: whatever goes wrong with a list or a watch, it is tried again.
final class InformerLister<T extends HasMetadata> implements Informed<T> {
    private static final Logger log = LoggerFactory.getLogger(InformerLister.class);
    private static final String NAMESPACE = "namespace";

    private final SharedIndexInformer<T> informer;
    private final Set<String> indexes = new HashSet<>(); // guarded by this
    private volatile @Nullable CompletableFuture<Void> started;
    private volatile boolean stopped;

    InformerLister(SharedIndexInformer<T> informer) {
        this.informer = informer;
        informer.itemStore(new SlimStore<>());
        informer.exceptionHandler((isStarted, failure) -> {
            if (!stopped) {
                log.info("watching {} failed, trying again: {}", kind(), Failures.message(failure));
            }
            return !stopped;
        });
    }

    String kind() {
        return HasMetadata.getPlural(informer.getApiTypeClass());
    }

    void start() {
        started = informer.start().toCompletableFuture();
    }

    CompletableFuture<Void> started() {
        CompletableFuture<Void> future = started;
        return future == null ? new CompletableFuture<>() : future;
    }

    void stop() {
        stopped = true;
        informer.stop();
    }

    @Override
    public Optional<T> find(ObjectKey key) {
        return Optional.ofNullable(informer.getStore().getByKey(key.toString()));
    }

    @Override
    public List<T> all() {
        return informer.getStore().list();
    }

    @Override
    public List<T> inNamespace(String namespace) {
        return informer.getIndexer().byIndex(NAMESPACE, namespace);
    }

    @Override
    public List<T> by(String index, String value) {
        return informer.getIndexer().byIndex(index, value);
    }

    @Override
    public long revision() {
        return Revisions.parse(informer.lastSyncResourceVersion());
    }

    @Override
    public synchronized void index(String name, Function<T, List<String>> values) {
        if (indexes.add(name)) {
            informer.addIndexers(Map.of(name, values));
        }
    }

    @Override
    public Registration listen(ChangeHandler<T> handler) {
        var adapter = new Adapter<>(handler);
        informer.addEventHandler(adapter);
        return () -> informer.removeEventHandler(adapter);
    }

    /// A handler's failure must not end the informer's thread, which other handlers share.
    private record Adapter<T extends HasMetadata>(ChangeHandler<T> handler) implements ResourceEventHandler<T> {
        @Override
        public void onAdd(T object) {
            call(null, object);
        }

        @Override
        public void onUpdate(T before, T after) {
            call(before, after);
        }

        @Override
        public void onDelete(T object, boolean lastStateUnknown) {
            call(object, null);
        }

        private void call(@Nullable T before, @Nullable T after) {
            try {
                handler.changed(before, after);
            } catch (RuntimeException e) {
                log.error("an event handler failed", e);
            }
        }
    }
}
