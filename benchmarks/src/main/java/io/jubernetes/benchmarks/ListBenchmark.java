package io.jubernetes.benchmarks;

import io.jubernetes.apiserver.storage.embedded.EmbeddedStore;
import io.jubernetes.apiserver.watchcache.CachedObject;
import io.jubernetes.apiserver.watchcache.ObjectIndexer;
import io.jubernetes.apiserver.watchcache.ResourceCache;
import io.jubernetes.apiserver.watchcache.WatchCaches;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.time.Deadline;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// A LIST of 10,000 objects of 4 KiB: passing the cached bytes on, against decoding and encoding each object.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 3, time = 2)
public class ListBenchmark {
    private static final int OBJECTS = 10_000;
    private static final String PREFIX = "/registry/pods/";

    private Path directory = Path.of("");
    private EmbeddedStore store = EmbeddedStore.open(newDirectory());
    private WatchCaches caches =
            new WatchCaches(store, "/registry/", WatchCaches.Settings.defaults(new SimpleMeterRegistry()));
    private ResourceCache cache = caches.register(
            "pods", PREFIX, (key, json) -> new ObjectIndexer.Indexed("default", key, Map.of(), Map.of()));

    private Path newDirectory() {
        try {
            directory = Files.createTempDirectory("list-benchmark");
            return directory.resolve("store");
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Setup
    public void fill() {
        Deadline deadline = Deadline.in(Duration.ofMinutes(2));
        caches.start();
        String filler = "\"x-padding-value\",".repeat(200);
        for (int i = 0; i < OBJECTS; i++) {
            String name = "pod-%05d".formatted(i);
            String json = "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"" + name
                    + "\",\"namespace\":\"default\",\"uid\":\"u" + i + "\"},\"spec\":{\"args\":["
                    + filler.substring(0, filler.length() - 1) + "]}}";
            var _ = store.create(PREFIX + "default/" + name, json.getBytes(StandardCharsets.UTF_8), null, deadline);
        }
        while (cache.snapshot().size() < OBJECTS && !deadline.isOver()) {
            Thread.onSpinWait();
        }
    }

    @TearDown
    public void remove() throws IOException {
        caches.close();
        store.close();
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }

    @Benchmark
    public int passBytesOn() {
        var out = new ByteArrayOutputStream(1 << 16);
        int total = 0;
        Iterator<CachedObject> all = cache.snapshot().range(PREFIX, null);
        while (all.hasNext()) {
            out.writeBytes(all.next().json());
            if (out.size() > 1 << 16) {
                total += out.size();
                out.reset();
            }
        }
        return total + out.size();
    }

    @Benchmark
    public int decodeAndEncode() throws IOException {
        var out = new ByteArrayOutputStream(1 << 16);
        int total = 0;
        Iterator<CachedObject> all = cache.snapshot().range(PREFIX, null);
        while (all.hasNext()) {
            out.writeBytes(Json.bytes(Json.read(all.next().json())));
            if (out.size() > 1 << 16) {
                total += out.size();
                out.reset();
            }
        }
        return total + out.size();
    }
}
