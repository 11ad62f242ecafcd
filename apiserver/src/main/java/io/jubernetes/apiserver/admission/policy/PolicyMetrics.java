package io.jubernetes.apiserver.admission.policy;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;

/// What policies have done, under upstream's names. Thread-safe.
final class PolicyMetrics {
    private static final Duration[] BUCKETS = {
        Duration.ofNanos(500),
        Duration.ofMillis(1),
        Duration.ofMillis(10),
        Duration.ofMillis(100),
        Duration.ofSeconds(1),
        Duration.ofSeconds(10)
    };

    private final MeterRegistry registry;
    private final String prefix;

    /// @param sort `validating` or `mutating`
    PolicyMetrics(MeterRegistry registry, String sort) {
        this.registry = registry;
        prefix = "apiserver_" + sort + "_admission_policy_check";
    }

    /// Counts one check.
    ///
    /// @param error `no_error`, `invalid_error` and the like
    /// @param action `allow`, `deny`, `audit` or `warn`
    void checked(String policy, String binding, String error, String action, Duration elapsed) {
        Counter.builder(prefix + "_total")
                .description("Checks made by admission policies.")
                .tags("policy", policy, "policy_binding", binding, "error_type", error, "enforcement_action", action)
                .register(registry)
                .increment();
        Timer.builder(prefix + "_duration_seconds")
                .description("Time that checks by admission policies take.")
                .serviceLevelObjectives(BUCKETS)
                .tags("policy", policy, "policy_binding", binding, "error_type", error, "enforcement_action", action)
                .register(registry)
                .record(elapsed);
    }
}
