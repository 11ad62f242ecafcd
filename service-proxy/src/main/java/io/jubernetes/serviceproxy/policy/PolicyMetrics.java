package io.jubernetes.serviceproxy.policy;

import io.jubernetes.serviceproxy.backend.Backend.Outcome;
import io.jubernetes.serviceproxy.sync.SyncLoop;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;

/// How the enforcement of policies goes. Upstream leaves it to others, so the names are our own.
final class PolicyMetrics implements SyncLoop.Observer {
    private final Timer duration;
    private final Counter rewrites;
    private final Counter failures;

    PolicyMetrics(MeterRegistry meters) {
        duration = meters.timer("network_policy_sync_duration_seconds");
        rewrites = meters.counter("network_policy_full_syncs_total");
        failures = meters.counter("network_policy_sync_failures_total");
    }

    @Override
    public void started() {
        // Counted when it ends.
    }

    @Override
    public void succeeded(Outcome outcome, Duration taken) {
        if (outcome != Outcome.UNCHANGED) {
            duration.record(taken);
        }
        if (outcome == Outcome.FULL) {
            rewrites.increment();
        }
    }

    @Override
    public void failed(String reason) {
        failures.increment();
    }
}
