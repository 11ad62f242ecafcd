package io.jubernetes.apiserver.watchcache;

import static io.jubernetes.apiserver.watchcache.CacheFixture.json;
import static io.jubernetes.apiserver.watchcache.CacheFixture.soon;
import static io.jubernetes.apiserver.watchcache.CacheFixture.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.jubernetes.apiserver.storage.MutableClock;
import io.jubernetes.apiserver.storage.StoreException;
import io.jubernetes.apiserver.storage.embedded.EmbeddedStore;
import io.jubernetes.common.time.Deadline;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the caches do when the store does not play along.
class WatchCachesFaultsTest {
    private static final String PODS = "/registry/pods/";

    @TempDir
    Path directory;

    private EmbeddedStore store;
    private FaultyStore faulty;
    private WatchCaches caches;
    private ResourceCache pods;

    @BeforeEach
    void open() {
        store = EmbeddedStore.open(directory);
        faulty = new FaultyStore(store);
        caches = new WatchCaches(faulty, "/registry/", CacheFixture.settings(64, new MutableClock()));
        pods = caches.register("pods", PODS, CacheFixture.INDEXER);
    }

    @AfterEach
    void close() {
        caches.close();
        store.close();
    }

    private void start() {
        caches.start();
        await().atMost(Duration.ofSeconds(20)).until(caches::ready);
    }

    private long create(String name) {
        return store.create(PODS + name, json(name, "1"), null, soon()).revision();
    }

    @Test
    void beforeTheFirstFillingReadersAreTurnedAway() {
        assertThat(caches.ready()).isFalse();
        assertThat(pods.snapshot().revision()).isZero();
        assertThatThrownBy(() -> pods.notOlderThan(0, Deadline.in(Duration.ofMillis(10))))
                .isInstanceOf(StoreException.Unavailable.class);
        assertThatThrownBy(() -> pods.watch(PODS, 1)).isInstanceOf(StoreException.Unavailable.class);
    }

    @Test
    void listingIsTriedUntilItWorks() {
        create("a");
        faulty.failRanges(3);
        start();
        assertThat(faulty.rangesLeftToFail()).isZero();
        assertThat(pods.snapshot().size()).isEqualTo(1);
    }

    @Test
    void aWatchThatEndedIsResumedWithoutListing() {
        start();
        try (Cursor cursor = pods.watch(PODS, pods.latest(soon()).revision())) {
            faulty.cut();
            long revision = create("a");
            faulty.failRanges(Integer.MAX_VALUE);
            faulty.heal();
            pods.notOlderThan(revision, soon());
            WatchEvent event = cursor.poll();
            assertThat(event).isNotNull();
            assertThat(event == null ? "" : text(event)).isEqualTo("+" + PODS + "a=1@" + revision);
            assertThat(cursor.poll()).isNull();
        }
    }

    @Test
    void aCacheThatMissedACompactionIsFilledAnew() {
        long gone = create("gone");
        start();
        var wakeups = new AtomicInteger();
        Cursor cursor = pods.watch(PODS, pods.latest(soon()).revision());
        assertThat(cursor.poll()).isNull();
        cursor.onAvailable(wakeups::incrementAndGet);
        faulty.cut();
        store.delete(PODS + "gone", gone, soon());
        create("a");
        long last = create("b");
        store.compact(last, soon());
        assertThatThrownBy(() -> pods.latest(Deadline.in(Duration.ofMillis(200))))
                .isInstanceOf(StoreException.Unavailable.class);
        faulty.heal();

        Snapshot snapshot = pods.notOlderThan(last, soon());
        assertThat(snapshot.size()).isEqualTo(2);
        assertThat(snapshot.get(PODS + "gone")).isEmpty();
        await().atMost(Duration.ofSeconds(20)).until(() -> wakeups.get() == 1);
        assertThatThrownBy(cursor::poll).isInstanceOf(StoreException.Compacted.class);
        long next = create("c");
        assertThat(pods.notOlderThan(next, soon()).size()).isEqualTo(3);
        assertThat(caches.ready()).isTrue();
    }

    @Test
    void clientsOfAServerThatRestartedFindWhatTheyMissed() {
        long seen = create("a");
        long missed = create("b");
        start(); // the first start of these caches: to the client it is the server's second

        try (Cursor cursor = pods.watch(PODS, seen)) {
            WatchEvent event = cursor.poll();
            assertThat(event == null ? "" : text(event)).isEqualTo("+" + PODS + "b=1@" + missed);
            assertThat(cursor.poll()).isNull();
        }
        assertThat(pods.exactly(seen).size()).isEqualTo(1);
    }

    @Test
    void theCachesBeginNoEarlierThanTheStoreRemembers() {
        create("a");
        long compacted = create("b");
        create("c");
        store.compact(compacted, soon());
        start();

        assertThat(pods.latest(soon()).size()).isEqualTo(3);
        assertThat(pods.exactly(compacted).size()).isEqualTo(2);
        assertThatThrownBy(() -> pods.watch(PODS, compacted - 1)).isInstanceOf(StoreException.Compacted.class);
    }

    @Test
    void theCachesBeginNoEarlierThanTheirWindowReaches() {
        for (int i = 0; i < 200; i++) {
            create("p" + i);
        }
        start();
        long present = pods.latest(soon()).revision();
        assertThat(pods.snapshot().size()).isEqualTo(200);
        assertThat(pods.exactly(present - 64).size()).isEqualTo(136);
        assertThatThrownBy(() -> pods.exactly(present - 65)).isInstanceOf(StoreException.Compacted.class);
    }

    @Test
    void readersGoOnWhileTheCacheIsBehind() {
        create("a");
        start();
        long known = pods.latest(soon()).revision();
        faulty.cut();
        create("b");
        assertThat(pods.snapshot().revision()).isEqualTo(known);
        assertThat(pods.notOlderThan(known, soon()).size()).isEqualTo(1);
        assertThat(pods.exactly(known).size()).isEqualTo(1);
        assertThatThrownBy(() -> pods.notOlderThan(known + 1, Deadline.in(Duration.ofMillis(20))))
                .isInstanceOf(StoreException.FutureRevision.class);
    }
}
