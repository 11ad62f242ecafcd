package io.jubernetes.apiserver.watchcache;

import static io.jubernetes.apiserver.watchcache.CacheFixture.json;
import static io.jubernetes.apiserver.watchcache.CacheFixture.soon;
import static io.jubernetes.apiserver.watchcache.CacheFixture.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jubernetes.apiserver.storage.KeyValueStore;
import io.jubernetes.apiserver.storage.KeyValueStore.Entry;
import io.jubernetes.apiserver.storage.KeyValueStore.Outcome;
import io.jubernetes.apiserver.storage.MutableClock;
import io.jubernetes.apiserver.storage.StoreException;
import io.jubernetes.apiserver.storage.embedded.EmbeddedStore;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Writers change random keys while watchers follow at random speeds, each keeping a picture of its own from a
/// snapshot and the events after it. In the end every picture is what the store holds, and on the way no event
/// contradicts it.
class WatchCacheRandomTest {
    private static final String ROOT = "/registry/";
    private static final List<String> PREFIXES = List.of("/registry/pods/", "/registry/pods/ns1/", "/registry/nodes/");
    private static final int WRITES = 1500;

    @TempDir
    Path directory;

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {11, 12, 13})
    void everyWatchersPictureIsTheStores(long seed) throws Exception {
        try (var store = EmbeddedStore.open(directory);
                var caches = new WatchCaches(store, ROOT, CacheFixture.settings(256, new MutableClock()))) {
            ResourceCache pods = caches.register("pods", "/registry/pods/", CacheFixture.INDEXER);
            caches.start();
            ResourceCache nodes = caches.register("nodes", "/registry/nodes/", CacheFixture.INDEXER);
            await().atMost(Duration.ofSeconds(20)).until(caches::ready);

            var done = new AtomicBoolean();
            var pictures = new ArrayList<Picture>();
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                var writers = new ArrayList<Future<?>>();
                for (int i = 0; i < 3; i++) {
                    var random = new Random(seed * 100 + i);
                    writers.add(threads.submit(() -> write(store, random)));
                }
                var watchers = new ArrayList<Future<?>>();
                for (int i = 0; i < 9; i++) {
                    String prefix = PREFIXES.get(i % 3);
                    var picture = new Picture(prefix, prefix.contains("nodes") ? nodes : pods);
                    var random = new Random(seed * 1000 + i);
                    pictures.add(picture);
                    watchers.add(threads.submit(() -> picture.follow(random, done)));
                }
                var reader = threads.submit(() -> readThePast(store, pods, new Random(seed), done));
                try {
                    for (Future<?> each : writers) {
                        each.get();
                    }
                } finally {
                    done.set(true);
                }
                for (Future<?> each : watchers) {
                    each.get();
                }
                reader.get();
            }
            for (Picture picture : pictures) {
                picture.catchUp();
                assertThat(picture.objects).isEqualTo(stored(store, picture.prefix, 0));
            }
            assertThat(pictures)
                    .anySatisfy(picture -> assertThat(picture.events).isGreaterThan(100));
        }
    }

    private static void write(KeyValueStore store, Random random) {
        for (int i = 0; i < WRITES; i++) {
            String resource = random.nextInt(4) == 0 ? "nodes/" : "pods/ns" + random.nextInt(3) + "/";
            String key = ROOT + resource + "k" + random.nextInt(20);
            byte[] value = json(key, Integer.toString(random.nextInt(1000)));
            Entry present = store.get(key, soon()).orElse(null);
            Outcome _ = present == null
                    ? store.create(key, value, null, soon())
                    : random.nextInt(3) == 0
                            ? store.delete(key, present.modRevision(), soon())
                            : store.update(key, value, present.modRevision(), null, soon());
        }
    }

    private static void readThePast(KeyValueStore store, ResourceCache cache, Random random, AtomicBoolean done) {
        while (!done.get()) {
            long revision = Math.max(1, cache.latest(soon()).revision() - random.nextInt(100));
            try {
                assertThat(contents(cache.exactly(revision), cache.prefix()))
                        .isEqualTo(stored(store, cache.prefix(), revision));
            } catch (StoreException.Compacted e) {
                // from before the window: to be expected now and then
            }
        }
    }

    private static Map<String, String> stored(KeyValueStore store, String prefix, long revision) {
        var all = new TreeMap<String, String>();
        for (Entry entry : store.range(prefix, KeyValueStore.endOf(prefix), revision, 0, soon())
                .entries()) {
            all.put(entry.key(), new String(entry.value(), StandardCharsets.UTF_8) + entry.modRevision());
        }
        return all;
    }

    private static Map<String, String> contents(Snapshot snapshot, String prefix) {
        var all = new TreeMap<String, String>();
        snapshot.range(prefix, null).forEachRemaining(object -> all.put(object.key(), content(object)));
        return all;
    }

    private static String content(CachedObject object) {
        return new String(object.storedJson(), StandardCharsets.UTF_8) + object.revision();
    }

    /// One watcher and what it knows.
    private static final class Picture {
        private final String prefix;
        private final ResourceCache cache;
        private final Semaphore available = new Semaphore(1);
        private final Semaphore pauses = new Semaphore(0); // never released
        private Map<String, String> objects = new TreeMap<>();
        private @Nullable Cursor cursor;
        private long last;
        private int events;

        Picture(String prefix, ResourceCache cache) {
            this.prefix = prefix;
            this.cache = cache;
        }

        @Nullable
        Void follow(Random random, AtomicBoolean done) throws InterruptedException {
            while (!done.get()) {
                // Mostly woken by the cache; sometimes after a while without a look, so that the window moves on.
                if (random.nextInt(20) == 0) {
                    pauses.tryAcquire(random.nextInt(100), TimeUnit.MILLISECONDS);
                } else {
                    available.tryAcquire(50, TimeUnit.MILLISECONDS);
                }
                step(1 + random.nextInt(200));
                if (random.nextInt(30) == 0) {
                    reopen(); // a client that lost its connection: same place, another cursor
                }
            }
            return null;
        }

        private Cursor watch() {
            Cursor opened = cache.watch(prefix, last);
            opened.onAvailable(available::release);
            return opened;
        }

        void catchUp() {
            long revision = cache.latest(soon()).revision();
            step(Integer.MAX_VALUE);
            assertThat(cursor).isNotNull();
            if (cursor != null) {
                assertThat(cursor.revision()).isGreaterThanOrEqualTo(revision);
                cursor.close();
            }
        }

        private void step(int limit) {
            try {
                Cursor open = cursor == null ? list() : cursor;
                cursor = open;
                for (int i = 0; i < limit; i++) {
                    WatchEvent event = open.poll();
                    if (event == null) {
                        last = Math.max(last, open.revision());
                        return;
                    }
                    take(event);
                }
            } catch (StoreException.Compacted e) {
                cursor = null; // too slow: list again
                if (limit == Integer.MAX_VALUE) {
                    step(limit);
                }
            }
        }

        private Cursor list() {
            Snapshot snapshot = cache.latest(soon());
            objects = contents(snapshot, prefix);
            last = snapshot.revision();
            return watch();
        }

        private void reopen() {
            if (cursor != null) {
                cursor.close();
                try {
                    cursor = watch();
                } catch (StoreException.Compacted e) {
                    cursor = null;
                }
            }
        }

        private void take(WatchEvent event) {
            events++;
            assertThat(event.revision()).as(text(event)).isGreaterThan(last);
            last = event.revision();
            switch (event) {
                case WatchEvent.Added(var object) ->
                    assertThat(objects.put(object.key(), content(object))).isNull();
                case WatchEvent.Modified(var object, var previous) ->
                    assertThat(objects.put(object.key(), content(object))).isEqualTo(content(previous));
                case WatchEvent.Deleted(var object) ->
                    assertThat(objects.remove(object.key())).isNotNull();
                case WatchEvent.Bookmark _ -> throw new AssertionError("the cache makes no bookmarks");
            }
        }
    }
}
