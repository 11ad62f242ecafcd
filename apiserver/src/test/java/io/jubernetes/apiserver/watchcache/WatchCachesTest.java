package io.jubernetes.apiserver.watchcache;

import static io.jubernetes.apiserver.watchcache.CacheFixture.bytes;
import static io.jubernetes.apiserver.watchcache.CacheFixture.json;
import static io.jubernetes.apiserver.watchcache.CacheFixture.soon;
import static io.jubernetes.apiserver.watchcache.CacheFixture.text;
import static io.jubernetes.apiserver.watchcache.CacheFixture.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.jubernetes.apiserver.storage.MutableClock;
import io.jubernetes.apiserver.storage.StoreException;
import io.jubernetes.apiserver.storage.embedded.EmbeddedStore;
import io.jubernetes.common.time.Deadline;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WatchCachesTest {
    private static final String PODS = "/registry/pods/";

    @TempDir
    Path directory;

    private final MutableClock clock = new MutableClock();
    private EmbeddedStore store;
    private WatchCaches caches;
    private ResourceCache pods;

    @BeforeEach
    void start() {
        store = EmbeddedStore.open(directory);
        create("pods/old/a", "1");
        store.compact(create("pods/old/b", "1"), soon());
        caches = new WatchCaches(store, "/registry/", CacheFixture.settings(64, clock));
        pods = caches.register("pods", PODS, CacheFixture.INDEXER);
        caches.start();
        await().atMost(Duration.ofSeconds(20)).until(caches::ready);
    }

    @AfterEach
    void stop() {
        caches.close();
        store.close();
    }

    private long create(String name, String value) {
        return store.create("/registry/" + name, json(name, value), null, soon())
                .revision();
    }

    private long update(String name, String value, long expected) {
        return store.update("/registry/" + name, json(name, value), expected, null, soon())
                .revision();
    }

    private long delete(String name, long expected) {
        return store.delete("/registry/" + name, expected, soon()).revision();
    }

    private static List<String> drain(Cursor cursor) {
        var events = new ArrayList<String>();
        for (WatchEvent event = cursor.poll(); event != null; event = cursor.poll()) {
            events.add(text(event));
        }
        return events;
    }

    @Test
    void holdsWhatWasThereBefore() {
        assertThat(texts(pods.snapshot().range(PODS, null)))
                .containsExactly("/registry/pods/old/a=1@2", "/registry/pods/old/b=1@3");
    }

    @Test
    void theLatestStateHasEveryAcknowledgedWrite() {
        for (int i = 0; i < 200; i++) {
            long revision = create("pods/ns/p" + i, "1");
            Snapshot latest = pods.latest(soon());
            assertThat(latest.revision()).isGreaterThanOrEqualTo(revision);
            assertThat(latest.get("/registry/pods/ns/p" + i)).isPresent();
        }
    }

    @Test
    void anIdleResourceKeepsUpWithTheStore() {
        ResourceCache nodes = caches.register("nodes", "/registry/minions/", CacheFixture.INDEXER);
        long revision = create("pods/ns/a", "1");
        Snapshot snapshot = nodes.notOlderThan(revision, soon());
        assertThat(snapshot.revision()).isGreaterThanOrEqualTo(revision);
        assertThat(snapshot.size()).isZero();
    }

    @Test
    void keysThatNobodyRegisteredMoveTheRevisionToo() {
        long revision = create("unknown/a", "1");
        assertThat(pods.notOlderThan(revision, soon()).size()).isEqualTo(2);
    }

    @Test
    void aRevisionBeyondTheStoresIsOneOfTheFuture() {
        assertThatThrownBy(() -> pods.notOlderThan(1_000_000, Deadline.in(Duration.ofMillis(20))))
                .isInstanceOf(StoreException.FutureRevision.class);
        assertThatThrownBy(() -> pods.exactly(1_000_000)).isInstanceOf(StoreException.FutureRevision.class);
    }

    @Test
    void anEarlierStateCanBeRead() {
        long a = create("pods/ns/a", "1");
        long a2 = update("pods/ns/a", "2", a);
        create("unknown/x", "1");
        long gone = delete("pods/ns/a", a2);
        Snapshot latest = pods.latest(soon());

        assertThat(latest.get("/registry/pods/ns/a")).isEmpty();
        assertThat(text(pods.exactly(a).get("/registry/pods/ns/a").orElseThrow()))
                .isEqualTo("/registry/pods/ns/a=1@" + a);
        assertThat(pods.exactly(a2 + 1).revision()).isEqualTo(a2 + 1);
        assertThat(text(pods.exactly(a2 + 1).get("/registry/pods/ns/a").orElseThrow()))
                .isEqualTo("/registry/pods/ns/a=2@" + a2);
        assertThat(pods.exactly(gone).get("/registry/pods/ns/a")).isEmpty();
        assertThatThrownBy(() -> pods.exactly(1)).isInstanceOf(StoreException.Compacted.class);
    }

    @Test
    void aCursorGetsEveryEventOfItsPrefix() {
        long start = pods.latest(soon()).revision();
        try (Cursor all = pods.watch(PODS, start);
                Cursor one = pods.watch(PODS + "ns/", start);
                Cursor single = pods.watch(PODS + "ns/a", start)) {
            long a = create("pods/ns/a", "1");
            create("pods/ns/ab", "1");
            create("pods/other/a", "1");
            long a2 = update("pods/ns/a", "2", a);
            long gone = delete("pods/ns/a", a2);
            pods.notOlderThan(gone, soon());

            assertThat(drain(all))
                    .containsExactly(
                            "+/registry/pods/ns/a=1@4",
                            "+/registry/pods/ns/ab=1@5",
                            "+/registry/pods/other/a=1@6",
                            "~/registry/pods/ns/a=2@7",
                            "-/registry/pods/ns/a=2@8");
            assertThat(drain(one)).hasSize(4);
            assertThat(drain(single))
                    .containsExactly(
                            "+/registry/pods/ns/a=1@4", "~/registry/pods/ns/a=2@7", "-/registry/pods/ns/a=2@8");
            assertThat(one.revision()).isGreaterThanOrEqualTo(gone);
        }
    }

    @Test
    void aChangeTellsWhatWasBefore() {
        long start = pods.latest(soon()).revision();
        try (Cursor cursor = pods.watch(PODS, start)) {
            update("pods/old/a", "2", 2);
            pods.latest(soon());
            assertThat(cursor.poll()).isInstanceOfSatisfying(WatchEvent.Modified.class, event -> {
                assertThat(event.previous().labels()).containsEntry("v", "1");
                assertThat(event.object().labels()).containsEntry("v", "2");
                assertThat(event.object().createRevision()).isEqualTo(2);
            });
        }
    }

    @Test
    void aCursorResumesWhereAnotherLeftOff() {
        long a = create("pods/ns/a", "1");
        update("pods/ns/a", "2", a);
        pods.latest(soon());
        try (Cursor cursor = pods.watch(PODS, a)) {
            assertThat(drain(cursor)).containsExactly("~/registry/pods/ns/a=2@" + (a + 1));
        }
        assertThatThrownBy(() -> pods.watch(PODS, 2)).isInstanceOf(StoreException.Compacted.class);
    }

    @Test
    void aCursorIsWokenOncePerPauseAndOnlyForItsOwn() {
        var wakeups = new AtomicInteger();
        try (Cursor cursor = pods.watch(PODS + "ns/", pods.latest(soon()).revision())) {
            assertThat(cursor.poll()).isNull();
            cursor.onAvailable(wakeups::incrementAndGet);
            for (int i = 0; i < 10; i++) {
                create("pods/other/p" + i, "1");
            }
            pods.latest(soon());
            assertThat(wakeups).hasValue(0);
            for (int i = 0; i < 10; i++) {
                create("pods/ns/p" + i, "1");
            }
            pods.latest(soon());
            assertThat(wakeups).hasValue(1);
            assertThat(drain(cursor)).hasSize(10);
            create("pods/ns/q", "1");
            pods.latest(soon());
            assertThat(wakeups).hasValue(2);
        }
    }

    @Test
    void aQuietCursorDoesNotFallBehindHoweverMuchHappensElsewhere() {
        try (Cursor quiet = pods.watch(PODS + "quiet/", pods.latest(soon()).revision())) {
            assertThat(quiet.poll()).isNull();
            for (int i = 0; i < 300; i++) {
                create("pods/busy/p" + i, "1");
            }
            long revision = create("pods/quiet/a", "1");
            pods.notOlderThan(revision, soon());
            assertThat(drain(quiet)).containsExactly("+/registry/pods/quiet/a=1@" + revision);
        }
    }

    @Test
    void aCursorTooSlowForTheWindowEnds() {
        try (Cursor slow = pods.watch(PODS, pods.latest(soon()).revision())) {
            for (int i = 0; i < 100; i++) {
                create("pods/ns/p" + i, "1");
            }
            pods.latest(soon());
            assertThatThrownBy(slow::poll).isInstanceOf(StoreException.Compacted.class);
            assertThatThrownBy(slow::poll).isInstanceOf(StoreException.Compacted.class);
        }
    }

    @Test
    void aResourceMayComeAndGoWhileTheCachesRun() {
        create("things.example.com/a", "1");
        ResourceCache things =
                caches.register("things.example.com", "/registry/things.example.com/", CacheFixture.INDEXER);
        assertThat(things.latest(soon()).size()).isEqualTo(1);
        long revision = create("things.example.com/b", "1");
        assertThat(things.notOlderThan(revision, soon()).size()).isEqualTo(2);

        Cursor cursor = things.watch("/registry/things.example.com/", revision);
        caches.unregister("things.example.com");
        assertThatThrownBy(cursor::poll).isInstanceOf(StoreException.Closed.class);
        assertThat(caches.ready()).isTrue();
    }

    @Test
    void overlappingPrefixesAreRefused() {
        assertThatThrownBy(() -> caches.register("x", PODS + "ns/", CacheFixture.INDEXER))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> caches.register("x", "/registry/", CacheFixture.INDEXER))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> caches.register("x", "/other/", CacheFixture.INDEXER))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aDamagedObjectIsLeftOutAndTheOthersStay() {
        long start = pods.latest(soon()).revision();
        try (Cursor cursor = pods.watch(PODS, start)) {
            store.create(PODS + "ns/bad", bytes("no json"), null, soon());
            long damaged =
                    store.update(PODS + "old/a", bytes("[]"), 2, null, soon()).revision();
            create("pods/ns/good", "1");
            Snapshot latest = pods.latest(soon());

            assertThat(latest.size()).isEqualTo(2);
            assertThat(drain(cursor))
                    .containsExactly(
                            "-/registry/pods/old/a=1@" + damaged, "+/registry/pods/ns/good=1@" + (damaged + 1));
        }
    }

    @Test
    void eventsAndObjectsAreEncodedOnce() {
        var made = new AtomicInteger();
        try (Cursor first = pods.watch(PODS, pods.latest(soon()).revision());
                Cursor second = pods.watch(PODS, first.revision())) {
            create("pods/ns/a", "1");
            pods.latest(soon());
            for (Cursor cursor : List.of(first, second)) {
                WatchEvent event = cursor.poll();
                assertThat(event).isNotNull();
                if (event instanceof WatchEvent.Added added) {
                    assertThat(event.encoded("x", _ -> bytes("frame" + made.incrementAndGet())))
                            .isEqualTo(bytes("frame1"));
                    assertThat(added.object().encoded("x", _ -> bytes("object")))
                            .isEqualTo(bytes("object"));
                }
            }
        }
    }

    @Test
    void oldEventsAreDroppedInTime() {
        long a = create("pods/ns/a", "1");
        pods.latest(soon());
        clock.advance(Duration.ofMinutes(6));
        long b = create("pods/ns/b", "1");
        pods.latest(soon());
        caches.trim();

        assertThatThrownBy(() -> pods.exactly(a - 1)).isInstanceOf(StoreException.Compacted.class);
        assertThat(pods.exactly(b).size()).isEqualTo(4);
        assertThat(pods.exactly(a).size()).isEqualTo(3);
    }

    @Test
    void closingEndsTheCursors() {
        var wakeups = new AtomicInteger();
        Cursor cursor = pods.watch(PODS, pods.latest(soon()).revision());
        assertThat(cursor.poll()).isNull();
        cursor.onAvailable(wakeups::incrementAndGet);
        caches.close();
        assertThat(wakeups).hasValue(1);
        assertThatThrownBy(cursor::poll).isInstanceOf(StoreException.Closed.class);
    }
}
