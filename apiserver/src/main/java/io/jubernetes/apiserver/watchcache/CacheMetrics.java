package io.jubernetes.apiserver.watchcache;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.List;
import java.util.function.ToDoubleFunction;

/// One cache's meters, under upstream's names.
final class CacheMetrics {
    private final MeterRegistry registry;
    private final Tags tags;
    private final List<Meter> gauges;
    private final Counter received;
    private final Counter dispatched;
    private final Counter initializations;
    private final Counter terminated;

    CacheMetrics(MeterRegistry registry, ResourceCache cache) {
        this.registry = registry;
        int dot = cache.name().indexOf('.');
        tags = Tags.of(
                "resource", dot < 0 ? cache.name() : cache.name().substring(0, dot),
                "group", dot < 0 ? "" : cache.name().substring(dot + 1));
        received = counter("apiserver_watch_cache_events_received_total", "Events received from the store.");
        dispatched = counter("apiserver_watch_cache_events_dispatched_total", "Events offered to watchers.");
        initializations = counter("apiserver_watch_cache_initializations_total", "Times the cache was filled.");
        terminated = counter("apiserver_terminated_watchers_total", "Watchers ended because they were too slow.");
        gauges = List.of(
                gauge(
                        "apiserver_storage_objects",
                        "Objects stored.",
                        cache,
                        c -> c.snapshot().size()),
                gauge("apiserver_watch_cache_resource_version", "Revision reached.", cache, ResourceCache::revision),
                gauge("apiserver_watch_cache_window_events", "Events kept.", cache, ResourceCache::windowSize),
                gauge("watch_cache_capacity", "Events there is room for.", cache, ResourceCache::windowCapacity),
                gauge("apiserver_watch_cache_watchers", "Watchers now.", cache, ResourceCache::watchers));
    }

    private Counter counter(String name, String description) {
        return Counter.builder(name).description(description).tags(tags).register(registry);
    }

    private Gauge gauge(String name, String description, ResourceCache cache, ToDoubleFunction<ResourceCache> value) {
        return Gauge.builder(name, cache, value)
                .description(description)
                .tags(tags)
                .register(registry);
    }

    void received() {
        received.increment();
    }

    void dispatched(int events) {
        dispatched.increment(events);
    }

    void initialized() {
        initializations.increment();
    }

    void terminated() {
        terminated.increment();
    }

    /// Takes the meters of a cache that is gone out of the registry.
    void close() {
        gauges.forEach(registry::remove);
        List.of(received, dispatched, initializations, terminated).forEach(registry::remove);
    }
}
