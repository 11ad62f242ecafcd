package io.jubernetes.serviceproxy.backend.userspace;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/// Counts what is forwarded. Thread-safe.
public final class UserspaceMetrics {
    final AtomicInteger connections = new AtomicInteger();
    final AtomicInteger flows = new AtomicInteger();
    final AtomicInteger unserved = new AtomicInteger();
    final LongAdder accepted = new LongAdder();
    final LongAdder bytes = new LongAdder();
    final Counter turnedAway;
    final Counter unreachable;
    final Counter overLimit;
    final Counter missedEndpoints;
    final Counter droppedDatagrams;

    public UserspaceMetrics(MeterRegistry meters) {
        meters.gauge("kubeproxy_userspace_connections", connections, AtomicInteger::get);
        meters.gauge("kubeproxy_userspace_udp_flows", flows, AtomicInteger::get);
        meters.gauge("kubeproxy_userspace_unserved_ports", unserved, AtomicInteger::get);
        meters.more().counter("kubeproxy_userspace_connections_total", java.util.List.of(), accepted);
        meters.more().counter("kubeproxy_userspace_bytes_total", java.util.List.of(), bytes);
        turnedAway = reset(meters, "turned_away");
        unreachable = reset(meters, "no_endpoint_reached");
        overLimit = reset(meters, "too_many");
        missedEndpoints = meters.counter("kubeproxy_userspace_endpoint_failures_total");
        droppedDatagrams = meters.counter("kubeproxy_userspace_datagrams_dropped_total");
    }

    /// Connections that were reset instead of forwarded.
    private static Counter reset(MeterRegistry meters, String reason) {
        return meters.counter("kubeproxy_userspace_connections_reset_total", "reason", reason);
    }
}
