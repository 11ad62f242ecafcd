package io.jubernetes.apiserver.registry.core.allocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.Strategies;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.BuiltinResources;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.resource.ResourceCatalog;
import io.jubernetes.apiserver.storage.MutableClock;
import io.jubernetes.apiserver.storage.embedded.EmbeddedStore;
import io.jubernetes.apiserver.validation.IpRange;
import io.jubernetes.apiserver.watchcache.WatchCaches;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.time.Deadline;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AllocationRepairTest {
    private static final int PORT = 30007;
    private static final String IP = "10.96.0.7";

    @TempDir
    Path directory;

    private final MutableClock clock = new MutableClock();
    private EmbeddedStore store;
    private WatchCaches caches;
    private ObjectStorage storage;
    private ApiResource services;
    private ApiResource addressResource;
    private AddressStock addresses;
    private NodePortStock ports;
    private AllocationRepair repair;

    @BeforeEach
    void open() {
        store = EmbeddedStore.open(directory);
        caches = new WatchCaches(store, "/registry/", WatchCaches.Settings.defaults(new SimpleMeterRegistry()));
        storage = new ObjectStorage(store, caches);
        var catalog = new ResourceCatalog(BuiltinResources.read(Strategies::of, "/registry"));
        catalog.all().forEach(storage::open);
        caches.start();
        await().until(caches::ready);
        services = catalog.require("v1", "services");
        addressResource = catalog.require("networking.k8s.io/v1", "ipaddresses");
        addresses = new AddressStock(
                storage,
                addressResource,
                catalog.require("networking.k8s.io/v1", "servicecidrs"),
                List.of(IpRange.parse("10.96.0.0/16").orElseThrow()),
                clock);
        ports = new NodePortStock(storage, "/registry", 30000, 30099);
        repair = new AllocationRepair(storage, services, addresses, ports);
    }

    @AfterEach
    void close() {
        repair.close();
        caches.close();
        store.close();
    }

    private static Deadline soon() {
        return Deadline.in(Duration.ofSeconds(30));
    }

    private static ObjectNode service(String ip) {
        return (ObjectNode) Json.parse("{\"kind\": \"Service\", \"apiVersion\": \"v1\","
                + " \"metadata\": {\"namespace\": \"default\", \"name\": \"s\"}, \"spec\": {\"type\": \"NodePort\","
                + " \"clusterIP\": \"" + ip + "\", \"clusterIPs\": [\"" + ip + "\"],"
                + " \"ports\": [{\"port\": 80, \"nodePort\": " + PORT + "}]}}");
    }

    private boolean isTaken(String ip) {
        return storage.latest(addressResource, "", ip, soon()).isPresent();
    }

    private void awaitCached(String ip) {
        await().until(() -> storage.cached(addressResource, "", ip).isPresent());
    }

    @Test
    void takesWhatAStoredServiceHas() {
        storage.create(services, service(IP), null, soon());
        await().until(() -> storage.cached(services, "default", "s").isPresent());

        repair.repair();

        assertThat(isTaken(IP)).isTrue();
        assertThat(ports.take(PORT, soon())).isFalse();
    }

    @Test
    void givesBackAnAddressWithoutItsServiceOnceNoServiceCanStillBeOnItsWay() {
        assertThat(addresses.take(IP, service(IP), false, soon())).isEmpty();
        awaitCached(IP);

        repair.repair();
        assertThat(isTaken(IP)).isTrue();

        clock.advance(AllocationRepair.CLAIM_GRACE.plusSeconds(2));
        repair.repair();
        assertThat(isTaken(IP)).isFalse();
    }

    @Test
    void givesBackAnAddressTheServiceHasExchanged() {
        assertThat(addresses.take(IP, service(IP), false, soon())).isEmpty();
        storage.create(services, service("10.96.0.8"), null, soon());
        awaitCached(IP);
        await().until(() -> storage.cached(services, "default", "s").isPresent());
        clock.advance(AllocationRepair.CLAIM_GRACE.plusSeconds(2));

        repair.repair();

        assertThat(isTaken(IP)).isFalse();
        assertThat(isTaken("10.96.0.8")).isTrue();
    }

    @Test
    void givesBackAPortThatStaysUnused() {
        assertThat(ports.take(PORT, soon())).isTrue();

        for (int round = 1; round < AllocationRepair.PORT_PATIENCE; round++) {
            repair.repair();
            assertThat(ports.take(PORT, soon())).as("round %d", round).isFalse();
        }
        repair.repair();
        assertThat(ports.take(PORT, soon())).isTrue();
    }

    @Test
    void aPortThatIsUsedInTheMeantimeIsNoLeftover() {
        assertThat(ports.take(PORT, soon())).isTrue();
        repair.repair();
        storage.create(services, service(IP), null, soon());
        await().until(() -> storage.cached(services, "default", "s").isPresent());

        for (int round = 0; round <= AllocationRepair.PORT_PATIENCE; round++) {
            repair.repair();
        }

        assertThat(ports.take(PORT, soon())).isFalse();
    }
}
