package io.jubernetes.serviceproxy;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.serviceproxy.backend.Backend;
import io.jubernetes.serviceproxy.backend.BackendException;
import io.jubernetes.serviceproxy.rules.RuleSet;
import io.jubernetes.serviceproxy.rules.ServiceRule;
import io.jubernetes.serviceproxy.rules.ServiceRules;
import io.jubernetes.serviceproxy.rules.SliceOwner;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps the backend's rules equal to what the caches say. Events only name the Services to look at again (so
/// the inbox is bounded by the number of Services); one thread computes their rules and applies the difference.
final class ProxyLoop implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ProxyLoop.class);
    private static final Duration FIRST_RETRY = Duration.ofMillis(500);
    private static final Duration LAST_RETRY = Duration.ofSeconds(30);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(10);

    /// How often and how the loop works.
    ///
    /// @param minPeriod the time between two rounds, in which changes collect
    /// @param verifyPeriod how often the backend looks after its rules
    /// @param fixed rules that are always there
    record Settings(String node, Duration minPeriod, Duration verifyPeriod, List<ServiceRule> fixed) {
        Settings {
            fixed = List.copyOf(fixed);
        }
    }

    private final Settings settings;
    private final Informed<Service> services;
    private final Informed<EndpointSlice> slices;
    private final Backend backend;
    private final ProxyState state;
    private final ProxyMetrics metrics;
    private final List<Informed.Registration> registrations = new ArrayList<>();
    private final Thread thread = Thread.ofVirtual().name("service-proxy").unstarted(this::run);

    private Set<ObjectKey> dirty = new HashSet<>(); // guarded by this
    private RuleSet rules = RuleSet.EMPTY; // the thread's own

    ProxyLoop(
            Settings settings,
            Informed<Service> services,
            Informed<EndpointSlice> slices,
            Backend backend,
            ProxyState state,
            ProxyMetrics metrics) {
        this.settings = settings;
        this.services = services;
        this.slices = slices;
        this.backend = backend;
        this.state = state;
        this.metrics = metrics;
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
        synchronized (this) {
            // The handlers' first calls may still be on their way.
            services.all().forEach(service -> dirty.add(ObjectKey.of(service)));
        }
        thread.start();
    }

    private void touchOwner(@Nullable EndpointSlice slice) {
        if (slice != null) {
            SliceOwner.of(slice).ifPresent(this::touch);
        }
    }

    private synchronized void touch(ObjectKey service) {
        state.queued();
        if (dirty.add(service)) {
            notifyAll();
        }
    }

    private synchronized boolean awaitWork(long deadline) throws InterruptedException {
        while (dirty.isEmpty()) {
            long left = Duration.ofNanos(deadline - System.nanoTime()).toMillis();
            if (left <= 0) {
                return false;
            }
            wait(left);
        }
        return true;
    }

    private synchronized Set<ObjectKey> takeDirty() {
        Set<ObjectKey> taken = dirty;
        dirty = new HashSet<>();
        return taken;
    }

    private void run() {
        try {
            first();
            long verifyAt = System.nanoTime() + settings.verifyPeriod().toNanos();
            while (!Thread.currentThread().isInterrupted()) {
                if (awaitWork(verifyAt)) {
                    Thread.sleep(settings.minPeriod());
                    untilDone(() -> {
                        refresh(takeDirty());
                        return backend.apply(rules);
                    });
                } else {
                    untilDone(backend::verify);
                    verifyAt = System.nanoTime() + settings.verifyPeriod().toNanos();
                }
            }
        } catch (InterruptedException _) {
            // close() was called
        } catch (RuntimeException e) {
            log.error("the proxy has stopped working", e);
            state.failed("the proxy has stopped working: " + e.getMessage());
        }
    }

    private void first() throws InterruptedException {
        rules = rules.with(Map.of(ObjectKey.of("", "cluster-dns"), settings.fixed()));
        untilDone(() -> {
            refresh(takeDirty());
            return backend.apply(rules);
        });
        log.info("{} rules are in force", rules.size());
    }

    private void refresh(Set<ObjectKey> keys) {
        Map<ObjectKey, List<ServiceRule>> changes = new HashMap<>();
        for (ObjectKey key : keys) {
            changes.put(key, rulesOf(key));
        }
        rules = rules.with(changes);
    }

    private List<ServiceRule> rulesOf(ObjectKey key) {
        Service service = services.find(key).orElse(null);
        if (service == null) {
            return List.of();
        }
        try {
            return ServiceRules.of(service, SliceOwner.slicesOf(slices, key), settings.node());
        } catch (RuntimeException e) {
            // One object that cannot be understood must not keep all others from being served.
            log.warn("the Service {} is not served", key, e);
            return List.of();
        }
    }

    @FunctionalInterface
    private interface Round {
        Backend.Outcome run() throws BackendException, InterruptedException;
    }

    private void untilDone(Round round) throws InterruptedException {
        Duration wait = FIRST_RETRY;
        while (true) {
            long start = System.nanoTime();
            try {
                state.started();
                Backend.Outcome outcome = round.run();
                metrics.synced(outcome, Duration.ofNanos(System.nanoTime() - start));
                state.succeeded();
                return;
            } catch (BackendException e) {
                metrics.failed();
                state.failed(String.valueOf(e.getMessage()));
                log.warn("the rules are not in force, trying again in {} ms: {}", wait.toMillis(), e.getMessage());
            }
            Thread.sleep(wait.plusMillis(ThreadLocalRandom.current().nextLong(wait.toMillis() / 4 + 1)));
            wait = wait.multipliedBy(2).compareTo(LAST_RETRY) < 0 ? wait.multipliedBy(2) : LAST_RETRY;
        }
    }

    /// Stops working and leaves the rules as they are.
    @Override
    public void close() {
        registrations.forEach(Informed.Registration::close);
        thread.interrupt();
        try {
            if (thread.getState() != Thread.State.NEW && !thread.join(STOP_LIMIT)) {
                log.warn("the proxy did not stop in time");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
