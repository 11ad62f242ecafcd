package io.jubernetes.apiserver.watchcache;

import static io.jubernetes.apiserver.watchcache.CacheFixture.json;
import static io.jubernetes.apiserver.watchcache.CacheFixture.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.jubernetes.apiserver.storage.MutableClock;
import io.jubernetes.apiserver.storage.etcd.EtcdProcess;
import io.jubernetes.apiserver.storage.etcd.EtcdStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Two servers on one etcd, each with caches of its own.
class WatchCachesOnEtcdTest {
    private static final String PODS = "/registry/pods/";

    private final EtcdProcess etcd;
    private final List<Server> servers = new ArrayList<>();

    WatchCachesOnEtcdTest(@TempDir Path directory) {
        etcd = EtcdProcess.started(directory);
    }

    /// One server's part.
    private record Server(EtcdStore store, WatchCaches caches, ResourceCache pods) implements AutoCloseable {
        long create(String name) {
            return store.create(PODS + name, json(name, "1"), null, soon()).revision();
        }

        @Override
        public void close() {
            caches.close();
            store.close();
        }
    }

    @BeforeEach
    void startServers() {
        for (int i = 0; i < 2; i++) {
            EtcdStore store = EtcdStore.open(etcd.settings());
            etcd.awaitReady(store);
            var caches = new WatchCaches(store, "/registry/", CacheFixture.settings(64, new MutableClock()));
            servers.add(new Server(store, caches, caches.register("pods", PODS, CacheFixture.INDEXER)));
            caches.start();
        }
        awaitReady();
    }

    private void awaitReady() {
        await().atMost(Duration.ofSeconds(30)).until(() -> servers.stream().allMatch(server -> server.caches.ready()));
    }

    @AfterEach
    void stop() {
        servers.forEach(Server::close);
        etcd.close();
    }

    @Test
    void whatOneServerAcknowledgedTheOtherShowsAtOnce() {
        for (int i = 0; i < 50; i++) {
            Server writer = servers.get(i % 2);
            Server reader = servers.get((i + 1) % 2);
            long revision = writer.create("p" + i);
            Snapshot latest = reader.pods.latest(soon());
            assertThat(latest.revision()).isGreaterThanOrEqualTo(revision);
            assertThat(latest.get(PODS + "p" + i)).isPresent();
        }
    }

    @Test
    void changesOutsideOfTheRootDoNotHoldReadersUp() {
        Server server = servers.getFirst();
        long revision = server.store
                .create("/elsewhere/a", json("a", "1"), null, soon())
                .revision();
        assertThat(server.pods.latest(soon()).revision()).isGreaterThanOrEqualTo(revision);
    }

    @Test
    void cursorsGoOnAfterEtcdWasAway() {
        Server server = servers.getFirst();
        Cursor cursor = server.pods.watch(PODS, server.pods.latest(soon()).revision());
        etcd.kill();
        etcd.start();
        etcd.awaitReady(server.store);
        long revision = servers.get(1).create("a");
        server.pods.notOlderThan(revision, soon());

        assertThat(cursor.poll())
                .isInstanceOfSatisfying(
                        WatchEvent.Added.class,
                        event -> assertThat(event.revision()).isEqualTo(revision));
        assertThat(cursor.poll()).isNull();
    }
}
