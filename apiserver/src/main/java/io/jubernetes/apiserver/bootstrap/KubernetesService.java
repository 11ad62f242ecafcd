package io.jubernetes.apiserver.bootstrap;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.storage.KeyValueStore;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.time.Deadline;
import java.time.Duration;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The Service `default/kubernetes` and its endpoints: the API servers that live. Each keeps a key with
/// its address below `masterleases`, which runs out when it is no longer written; each makes the
/// endpoints of what keys there are. So a server that dies is gone from them within half a minute,
/// whoever else is left, and one that stops takes itself out first. Keys and values are upstream's,
/// whose servers may be among them.
public final class KubernetesService implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(KubernetesService.class);
    private static final String NAME = "kubernetes";
    private static final Duration INTERVAL = Duration.ofSeconds(10);
    private static final Duration LEASE = Duration.ofSeconds(15);
    private static final Duration LIMIT = Duration.ofSeconds(5);

    private final KeyValueStore store;
    private final String leases;
    private final Bootstrap bootstrap;
    private final Bootstrap.Cluster cluster;
    private final Repeating repeating = new Repeating("kubernetes-service", INTERVAL, this::reconcile);

    /// @param root where all keys begin, such as `/registry/`
    /// @param bootstrap writes the objects
    public KubernetesService(KeyValueStore store, String root, Bootstrap bootstrap, Bootstrap.Cluster cluster) {
        this.store = store;
        this.leases = root + "masterleases/";
        this.bootstrap = bootstrap;
        this.cluster = cluster;
    }

    /// Puts this server among the endpoints and keeps it there until [#close].
    public void start() {
        repeating.start();
    }

    /// Renews this server's key and brings the Service and its endpoints up to date, once.
    void reconcile() {
        bootstrap.ensureKubernetesService(cluster);
        renew(Deadline.in(LIMIT));
        publish(Deadline.in(LIMIT));
    }

    private String ownKey() {
        return leases + cluster.advertiseAddress();
    }

    private void renew(Deadline deadline) {
        ObjectNode lease = Json.object();
        lease.put("kind", "Endpoints").put("apiVersion", "v1");
        Meta.of(lease).put("name", cluster.advertiseAddress());
        address(lease.putArray("subsets").addObject(), cluster.advertiseAddress());
        byte[] value = Json.bytes(lease);
        KeyValueStore.Outcome outcome = store.create(ownKey(), value, LEASE, deadline);
        KeyValueStore.Entry there = outcome.current();
        if (!outcome.succeeded() && there != null) {
            // Lost only to another server of the same address, which then has renewed it.
            outcome = store.update(ownKey(), value, there.modRevision(), LEASE, deadline);
        }
        LOG.debug("renewed {} at revision {}", ownKey(), outcome.revision());
    }

    private static void address(ObjectNode subset, String ip) {
        subset.withArray("addresses").addObject().put("ip", ip);
    }

    /// Makes the endpoints of the servers whose keys are there. Never of none: the last one to stop
    /// leaves its own.
    private void publish(Deadline deadline) {
        var servers = new TreeSet<String>();
        for (KeyValueStore.Entry lease :
                store.range(leases, KeyValueStore.endOf(leases), 0, 0, deadline).entries()) {
            servers.add(lease.key().substring(leases.length()));
        }
        if (servers.isEmpty()) {
            return;
        }
        bootstrap.replace("v1", "Endpoints", endpoints(servers));
        bootstrap.replace("discovery.k8s.io/v1", "EndpointSlice", endpointSlice(servers));
    }

    private ObjectNode endpoints(Iterable<String> servers) {
        ObjectNode endpoints = Bootstrap.object("v1", "Endpoints", "default", NAME);
        Meta.child(Meta.of(endpoints), "labels").put("endpointslice.kubernetes.io/skip-mirror", "true");
        ObjectNode subset = endpoints.putArray("subsets").addObject();
        servers.forEach(ip -> address(subset, ip));
        port(subset);
        return endpoints;
    }

    private ObjectNode endpointSlice(Iterable<String> servers) {
        ObjectNode slice = Bootstrap.object("discovery.k8s.io/v1", "EndpointSlice", "default", NAME);
        Meta.child(Meta.of(slice), "labels").put("kubernetes.io/service-name", NAME);
        slice.put("addressType", cluster.advertiseAddress().contains(":") ? "IPv6" : "IPv4");
        ArrayNode endpoints = slice.putArray("endpoints");
        for (String ip : servers) {
            ObjectNode endpoint = endpoints.addObject();
            endpoint.putArray("addresses").add(ip);
            endpoint.putObject("conditions").put("ready", true);
        }
        port(slice);
        return slice;
    }

    private void port(ObjectNode object) {
        object.putArray("ports")
                .addObject()
                .put("name", "https")
                .put("port", cluster.securePort())
                .put("protocol", "TCP");
    }

    /// Takes this server out of the endpoints, while it still serves.
    @Override
    public void close() {
        repeating.close();
        try {
            Deadline deadline = Deadline.in(LIMIT);
            store.get(ownKey(), deadline).ifPresent(own -> {
                if (store.delete(ownKey(), own.modRevision(), deadline).succeeded()) {
                    publish(deadline);
                }
            });
        } catch (RuntimeException e) {
            LOG.warn("this server stays among the endpoints until its lease runs out: {}", e.getMessage());
        }
    }
}
