package io.jubernetes.serviceproxy.ingress;

import io.jubernetes.serviceproxy.backend.Backend.Outcome;
import io.jubernetes.serviceproxy.sync.SyncLoop;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/// Counts what the ingress controller does. Thread-safe.
public final class IngressMetrics implements SyncLoop.Observer {
    private final AtomicInteger routes = new AtomicInteger();
    private final AtomicInteger healthy = new AtomicInteger();
    private final Counter reloads;
    private final Counter updates;
    private final Counter refusals;

    public IngressMetrics(MeterRegistry meters) {
        meters.gauge("ingress_haproxy_routes", routes, AtomicInteger::get);
        meters.gauge("ingress_haproxy_last_sync_successful", healthy, AtomicInteger::get);
        reloads = meters.counter("ingress_haproxy_reloads_total");
        updates = meters.counter("ingress_haproxy_server_updates_total");
        refusals = meters.counter("ingress_haproxy_config_failures_total");
    }

    void routes(int number) {
        routes.set(number);
    }

    /// HAProxy was started, or its workers replaced.
    void reloaded() {
        reloads.increment();
    }

    /// HAProxy was told of a change while it ran.
    void told() {
        updates.increment();
    }

    void refused() {
        refusals.increment();
    }

    @Override
    public void started() {}

    @Override
    public void succeeded(Outcome outcome, Duration duration) {
        healthy.set(1);
    }

    @Override
    public void failed(String reason) {
        healthy.set(0);
    }
}
