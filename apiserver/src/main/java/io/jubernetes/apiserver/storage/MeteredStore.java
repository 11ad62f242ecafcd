package io.jubernetes.apiserver.storage;

import io.jubernetes.common.time.Deadline;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Measures another store's calls under upstream's metric names, which speak of etcd whatever the store is. As
/// thread-safe as the store it wraps.
public final class MeteredStore extends ForwardingStore {
    private static final Duration SIZE_LIMIT = Duration.ofSeconds(2);
    /// Upstream's buckets, in milliseconds.
    private static final Duration[] BUCKETS = Stream.of(
                    5, 25, 50, 100, 200, 400, 600, 800, 1000, 1250, 1500, 2000, 3000, 4000, 5000, 6000, 8000, 10_000,
                    15_000, 20_000, 30_000, 45_000, 60_000)
            .map(Duration::ofMillis)
            .toArray(Duration[]::new);

    private final MeterRegistry registry;
    private final String rootPrefix;
    private final ConcurrentMap<Call, Meters> meters = new ConcurrentHashMap<>();

    /// @param rootPrefix what precedes the resource in a key, `/registry/`
    public MeteredStore(KeyValueStore store, String rootPrefix, MeterRegistry registry) {
        super(store);
        this.rootPrefix = rootPrefix;
        this.registry = registry;
        Gauge.builder("apiserver_storage_size_bytes", this, MeteredStore::size)
                .description("Size of the store's database.")
                .tag("storage_cluster_id", "etcd-0")
                .register(registry);
        bindTo(registry);
    }

    private double size() {
        try {
            return sizeInBytes(Deadline.in(SIZE_LIMIT));
        } catch (StoreException e) {
            return Double.NaN;
        }
    }

    @Override
    public Optional<Entry> get(String key, Deadline deadline) {
        return measured("get", key, () -> super.get(key, deadline));
    }

    @Override
    public Range range(String from, String to, long revision, int limit, Deadline deadline) {
        return measured("list", from, () -> super.range(from, to, revision, limit, deadline));
    }

    @Override
    public Outcome create(String key, byte[] value, @Nullable Duration ttl, Deadline deadline) {
        return measured("create", key, () -> super.create(key, value, ttl, deadline));
    }

    @Override
    public Outcome update(String key, byte[] value, long expected, @Nullable Duration ttl, Deadline deadline) {
        return measured("update", key, () -> super.update(key, value, expected, ttl, deadline));
    }

    @Override
    public Outcome delete(String key, long expected, Deadline deadline) {
        return measured("delete", key, () -> super.delete(key, expected, deadline));
    }

    private <T> T measured(String operation, String key, Supplier<T> call) {
        Meters own = meters.computeIfAbsent(new Call(operation, typeOf(key)), this::register);
        long start = System.nanoTime();
        try {
            return call.get();
        } catch (StoreException e) {
            own.errors.increment();
            throw e;
        } finally {
            own.duration.record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
            own.requests.increment();
        }
    }

    /// The resource of a key: `pods` of `/registry/pods/ns/a`, `things.example.com` of
    /// `/registry/example.com/things/a`.
    private String typeOf(String key) {
        String path = key.startsWith(rootPrefix) ? key.substring(rootPrefix.length()) : key;
        int end = path.indexOf('/');
        if (end < 0) {
            return path;
        }
        String first = path.substring(0, end);
        int next = path.indexOf('/', end + 1);
        boolean isGroup = first.indexOf('.') >= 0 && next > 0;
        return isGroup ? path.substring(end + 1, next) + "." + first : first;
    }

    private Meters register(Call call) {
        Tags tags = Tags.of("operation", call.operation, "type", call.type);
        return new Meters(
                Timer.builder("etcd_request_duration_seconds")
                        .description("Time the store took for a request.")
                        .tags(tags)
                        .serviceLevelObjectives(BUCKETS)
                        .register(registry),
                Counter.builder("etcd_requests_total")
                        .description("Requests to the store.")
                        .tags(tags)
                        .register(registry),
                Counter.builder("etcd_request_errors_total")
                        .description("Requests to the store that failed.")
                        .tags(tags)
                        .register(registry));
    }

    private record Call(String operation, String type) {}

    private record Meters(Timer duration, Counter requests, Counter errors) {}
}
