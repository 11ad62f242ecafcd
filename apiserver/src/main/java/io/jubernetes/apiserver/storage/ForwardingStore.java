package io.jubernetes.apiserver.storage;

import io.jubernetes.common.time.Deadline;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A store that passes everything on to another, metrics included; subclasses change what they are about.
/// As thread-safe as the store behind it.
public abstract class ForwardingStore implements KeyValueStore, MeterBinder {
    private final KeyValueStore store;

    protected ForwardingStore(KeyValueStore store) {
        this.store = store;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        if (store instanceof MeterBinder meters) {
            meters.bindTo(registry);
        }
    }

    @Override
    public Optional<Entry> get(String key, Deadline deadline) {
        return store.get(key, deadline);
    }

    @Override
    public boolean needsRewrite(String key, Deadline deadline) {
        return store.needsRewrite(key, deadline);
    }

    @Override
    public Range range(String from, String to, long revision, int limit, Deadline deadline) {
        return store.range(from, to, revision, limit, deadline);
    }

    @Override
    public Outcome create(String key, byte[] value, @Nullable Duration ttl, Deadline deadline) {
        return store.create(key, value, ttl, deadline);
    }

    @Override
    public Outcome update(String key, byte[] value, long expected, @Nullable Duration ttl, Deadline deadline) {
        return store.update(key, value, expected, ttl, deadline);
    }

    @Override
    public Outcome delete(String key, long expected, Deadline deadline) {
        return store.delete(key, expected, deadline);
    }

    @Override
    public Watch watch(String prefix, long after, Watcher watcher) {
        return store.watch(prefix, after, watcher);
    }

    @Override
    public long revision(Deadline deadline) {
        return store.revision(deadline);
    }

    @Override
    public void compact(long revision, Deadline deadline) {
        store.compact(revision, deadline);
    }

    @Override
    public long sizeInBytes(Deadline deadline) {
        return store.sizeInBytes(deadline);
    }

    @Override
    public void close() {
        store.close();
    }
}
