package io.jubernetes.apiserver.registry.core.allocation;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.registry.core.ServiceFields;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.watchcache.CachedObject;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.time.Deadline;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Makes addresses and node ports agree with the stored Services again. An API server that is killed between taking one
/// and storing its Service leaves it behind, and a store restored from a backup may know Services of which nothing is
/// taken. Runs when the server starts and every few minutes, in each of several API servers: what one has repaired the
/// others find in order.
final class AllocationRepair implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AllocationRepair.class);
    private static final Duration PERIOD = Duration.ofMinutes(3);
    private static final Duration LIMIT = Duration.ofMinutes(1);
    static final Duration CLAIM_GRACE = Duration.ofMinutes(1);
    static final int PORT_PATIENCE = 3;

    private final ObjectStorage storage;
    private final ApiResource services;
    private final AddressStock addresses;
    private final NodePortStock ports;
    private final Map<Integer, Integer> unusedPorts = new HashMap<>();
    private final CountDownLatch closed = new CountDownLatch(1);

    AllocationRepair(ObjectStorage storage, ApiResource services, AddressStock addresses, NodePortStock ports) {
        this.storage = storage;
        this.services = services;
        this.addresses = addresses;
        this.ports = ports;
    }

    void start() {
        Thread.ofVirtual().name("allocation-repair").start(this::run);
    }

    private void run() {
        try {
            do {
                try {
                    repair();
                } catch (RuntimeException e) {
                    LOG.warn("cannot repair addresses and node ports of Services: {}", e.getMessage());
                }
            } while (!closed.await(jittered(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static long jittered() {
        return PERIOD.toMillis() + ThreadLocalRandom.current().nextLong(PERIOD.toMillis() / 4);
    }

    /// One repair. Called by one thread at a time.
    void repair() {
        Deadline deadline = Deadline.in(LIMIT);
        Map<String, JsonNode> usedAddresses = new HashMap<>();
        Set<Integer> usedPorts = new HashSet<>();
        Iterator<CachedObject> all = storage.cache(services).snapshot().range(services.keyPrefix(""), null);
        while (all.hasNext()) {
            JsonNode service = read(all.next());
            JsonNode spec = service.path("spec");
            if (ServiceFields.needsAddress(spec) && !ServiceFields.isHeadless(spec)) {
                spec.path("clusterIPs").forEach(ip -> usedAddresses.putIfAbsent(ip.asText(), service));
            }
            if (ServiceFields.needsNodePorts(spec)) {
                usedPorts.addAll(ServiceFields.nodePorts(spec));
            }
            if (ServiceFields.needsHealthPort(spec)) {
                usedPorts.add(spec.path("healthCheckNodePort").asInt(0));
            }
        }
        addresses.repair(usedAddresses, CLAIM_GRACE, deadline);
        ports.repair(usedPorts, unusedPorts, PORT_PATIENCE, deadline);
    }

    private static JsonNode read(CachedObject object) {
        try {
            return Json.read(object.storedJson());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
