package io.jubernetes.serviceproxy;

import io.jubernetes.serviceproxy.backend.Backend;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/// The proxy's metrics under upstream's names.
final class ProxyMetrics {
    private final Timer all;
    private final Timer full;
    private final Timer partial;
    private final Counter failures;
    private final Counter serviceChanges;
    private final Counter endpointChanges;
    private final AtomicLong lastSuccess = new AtomicLong();
    private final Clock clock;

    ProxyMetrics(MeterRegistry meters, Clock clock) {
        this.clock = clock;
        all = timer(meters, "kubeproxy_sync_proxy_rules_duration_seconds");
        full = timer(meters, "kubeproxy_sync_full_proxy_rules_duration_seconds");
        partial = timer(meters, "kubeproxy_sync_partial_proxy_rules_duration_seconds");
        failures = meters.counter("kubeproxy_sync_proxy_rules_nftables_sync_failures_total");
        serviceChanges = meters.counter("kubeproxy_sync_proxy_rules_service_changes_total");
        endpointChanges = meters.counter("kubeproxy_sync_proxy_rules_endpoint_changes_total");
        meters.gauge("kubeproxy_sync_proxy_rules_last_timestamp_seconds", lastSuccess, AtomicLong::get);
    }

    private static Timer timer(MeterRegistry meters, String name) {
        return Timer.builder(name)
                .serviceLevelObjectives(
                        Duration.ofMillis(5),
                        Duration.ofMillis(20),
                        Duration.ofMillis(100),
                        Duration.ofMillis(500),
                        Duration.ofSeconds(2),
                        Duration.ofSeconds(10))
                .register(meters);
    }

    void synced(Backend.Outcome outcome, Duration duration) {
        lastSuccess.set(clock.instant().getEpochSecond());
        switch (outcome) {
            case UNCHANGED -> {}
            case PARTIAL -> {
                all.record(duration);
                partial.record(duration);
            }
            case FULL -> {
                all.record(duration);
                full.record(duration);
            }
        }
    }

    void failed() {
        failures.increment();
    }

    void serviceChanged() {
        serviceChanges.increment();
    }

    void endpointsChanged() {
        endpointChanges.increment();
    }
}
