package io.jubernetes.serviceproxy;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.serviceproxy.backend.Backend;
import io.jubernetes.serviceproxy.backend.BackendException;
import io.jubernetes.serviceproxy.rules.Locality;
import io.jubernetes.serviceproxy.rules.RuleSet;
import io.jubernetes.serviceproxy.rules.ServiceRule;
import io.jubernetes.serviceproxy.rules.ServiceRules;
import io.jubernetes.serviceproxy.rules.SliceOwner;
import io.jubernetes.serviceproxy.sync.SyncLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps the backend's rules equal to what the caches say. Events only name the Services to look at again (so
/// the inbox is bounded by the number of Services); one thread computes their rules and applies the difference.
final class ProxyLoop implements AutoCloseable, SyncLoop.Work {
    private static final Logger log = LoggerFactory.getLogger(ProxyLoop.class);
    private static final String ZONE = "topology.kubernetes.io/zone";

    /// How often and how the loop works.
    ///
    /// @param nodes the names of this machine's nodes; the zone is that of the first
    /// @param fixed rules that are always there
    record Settings(List<String> nodes, SyncLoop.Periods periods, List<ServiceRule> fixed) {
        Settings {
            nodes = List.copyOf(nodes);
            fixed = List.copyOf(fixed);
        }
    }

    private final Settings settings;
    private final Informed<Service> services;
    private final Informed<EndpointSlice> slices;
    private final Informed<Node> node;
    private final HealthCheckPorts healthCheckPorts;
    private final PortConflicts conflicts;
    private final Backend backend;
    private final ProxyState state;
    private final ProxyMetrics metrics;
    private final List<Informed.Registration> registrations = new ArrayList<>();
    private final SyncLoop loop;

    private Set<ObjectKey> dirty = new HashSet<>(); // guarded by this
    private RuleSet rules = RuleSet.EMPTY; // the loop's thread's own

    ProxyLoop(
            Settings settings,
            Informed<Service> services,
            Informed<EndpointSlice> slices,
            Informed<Node> node,
            HealthCheckPorts healthCheckPorts,
            PortConflicts conflicts,
            Backend backend,
            ProxyState state,
            ProxyMetrics metrics) {
        this.settings = settings;
        this.services = services;
        this.slices = slices;
        this.node = node;
        this.healthCheckPorts = healthCheckPorts;
        this.conflicts = conflicts;
        this.backend = backend;
        this.state = state;
        this.metrics = metrics;
        this.loop = new SyncLoop("service-proxy", settings.periods(), this, new Progress());
        SliceOwner.index(slices);
    }

    /// Starts working; the caches must be filled.
    void start() {
        registrations.add(services.listenAny(service -> {
            metrics.serviceChanged();
            touch(ObjectKey.of(service));
        }));
        registrations.add(slices.listen((before, after) -> {
            metrics.endpointsChanged();
            touchOwner(before);
            touchOwner(after);
        }));
        registrations.add(node.listen((before, after) -> {
            if (!zone(before).equals(zone(after))) {
                touchAll();
            }
        }));
        rules = rules.with(Map.of(ObjectKey.of("", "cluster-dns"), settings.fixed()));
        touchAll(); // the handlers' first calls may still be on their way
        loop.start();
    }

    private static String zone(@Nullable Node node) {
        Map<String, String> labels = node == null ? null : node.getMetadata().getLabels();
        return labels == null ? "" : labels.getOrDefault(ZONE, "");
    }

    private Locality locality() {
        Node first = node.find(ObjectKey.of("", settings.nodes().getFirst())).orElse(null);
        return new Locality(Set.copyOf(settings.nodes()), zone(first));
    }

    private void touchAll() {
        synchronized (this) {
            services.all().forEach(service -> dirty.add(ObjectKey.of(service)));
        }
        loop.changed();
    }

    private void touchOwner(@Nullable EndpointSlice slice) {
        if (slice != null) {
            SliceOwner.of(slice).ifPresent(this::touch);
        }
    }

    private void touch(ObjectKey service) {
        state.queued();
        synchronized (this) {
            dirty.add(service);
        }
        loop.changed();
    }

    private synchronized Set<ObjectKey> takeDirty() {
        Set<ObjectKey> taken = dirty;
        dirty = new HashSet<>();
        return taken;
    }

    @Override
    public Backend.Outcome sync() throws BackendException, InterruptedException {
        refresh(takeDirty());
        return backend.apply(rules);
    }

    @Override
    public Backend.Outcome verify() throws BackendException, InterruptedException {
        return backend.verify();
    }

    private void refresh(Set<ObjectKey> keys) {
        Map<ObjectKey, List<ServiceRule>> changes = new HashMap<>();
        Locality locality = locality();
        for (ObjectKey key : keys) {
            changes.put(key, rulesOf(key, locality));
        }
        RuleSet before = rules;
        rules = before.with(changes);
        conflicts.look(rules.since(before));
    }

    private List<ServiceRule> rulesOf(ObjectKey key, Locality locality) {
        Service service = services.find(key).orElse(null);
        if (service == null) {
            healthCheckPorts.update(key, 0, 0);
            return List.of();
        }
        try {
            List<EndpointSlice> own = SliceOwner.slicesOf(slices, key);
            List<ServiceRule> all = ServiceRules.of(service, own, locality);
            int port = all.stream()
                    .mapToInt(ServiceRule::healthCheckNodePort)
                    .max()
                    .orElse(0);
            healthCheckPorts.update(key, port, port == 0 ? 0 : ServiceRules.readyEndpointsHere(own, locality));
            return all;
        } catch (RuntimeException e) {
            // One object that cannot be understood must not keep all others from being served.
            log.warn("the Service {} is not served", key, e);
            return List.of();
        }
    }

    /// Tells health and metrics how the rounds go.
    private final class Progress implements SyncLoop.Observer {
        @Override
        public void started() {
            state.started();
        }

        @Override
        public void succeeded(Backend.Outcome outcome, Duration duration) {
            metrics.synced(outcome, duration);
            state.succeeded();
        }

        @Override
        public void failed(String reason) {
            metrics.failed();
            state.failed(reason);
        }
    }

    /// Stops working and leaves the rules as they are.
    @Override
    public void close() {
        registrations.forEach(Informed.Registration::close);
        loop.close();
    }
}
