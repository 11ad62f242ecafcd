package io.jubernetes.apiserver.registry.core.allocation;

import static org.assertj.core.api.Assertions.assertThat;

import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.storage.embedded.EmbeddedStore;
import io.jubernetes.apiserver.watchcache.WatchCaches;
import io.jubernetes.common.time.Deadline;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodePortStockTest {
    private static final int FIRST = 30000;
    private static final int LAST = 30099;

    @TempDir
    Path directory;

    private EmbeddedStore store;
    private WatchCaches caches;
    private ObjectStorage storage;

    @BeforeEach
    void open() {
        store = EmbeddedStore.open(directory);
        caches = new WatchCaches(store, "/registry/", WatchCaches.Settings.defaults(new SimpleMeterRegistry()));
        storage = new ObjectStorage(store, caches);
    }

    @AfterEach
    void close() {
        caches.close();
        store.close();
    }

    private NodePortStock stock() {
        return new NodePortStock(storage, "/registry", FIRST, LAST);
    }

    private static Deadline soon() {
        return Deadline.in(Duration.ofSeconds(30));
    }

    @Test
    void aPortIsTakenOnceUntilItIsGivenBack() {
        NodePortStock stock = stock();
        assertThat(stock.take(30007, soon())).isTrue();
        assertThat(stock.take(30007, soon())).isFalse();
        stock.release(30007, soon());
        assertThat(stock.take(30007, soon())).isTrue();
    }

    @Test
    void twoServersOnOneStoreNeverGiveOutTheSamePort() throws Exception {
        List<NodePortStock> servers = List.of(stock(), stock());
        Set<Integer> given = ConcurrentHashMap.newKeySet();
        List<Callable<Integer>> calls = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            NodePortStock server = servers.get(i % 2);
            calls.add(() -> server.takeAny(soon()).orElseThrow());
        }
        try (var threads = Executors.newFixedThreadPool(4)) {
            for (var result : threads.invokeAll(calls)) {
                assertThat(given.add(result.get())).isTrue();
            }
        }
        assertThat(given).hasSize(60).allMatch(port -> port >= FIRST && port <= LAST);
    }

    @Test
    void allPortsAreGivenOutAndThenNone() {
        NodePortStock stock = stock();
        for (int i = FIRST; i <= LAST; i++) {
            assertThat(stock.takeAny(soon())).isPresent();
        }
        assertThat(stock.takeAny(soon())).isEmpty();
    }
}
