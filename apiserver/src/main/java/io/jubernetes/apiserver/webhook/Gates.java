package io.jubernetes.apiserver.webhook;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;

/// What stands before each webhook: a bound on calls at one time, and a breaker that opens when
/// nearly all calls fail. Thread-safe.
final class Gates {
    private static final int MAX_GATES = 1024;
    private static final int MAX_CALLS = 32;
    private static final CircuitBreakerConfig BREAKER = CircuitBreakerConfig.custom()
            .slidingWindowSize(20)
            .minimumNumberOfCalls(10)
            .failureRateThreshold(90)
            .waitDurationInOpenState(Duration.ofSeconds(5))
            .permittedNumberOfCallsInHalfOpenState(2)
            .build();

    private final MeterRegistry registry;
    private final Map<String, Gate> gates = new HashMap<>();

    Gates(MeterRegistry registry) {
        this.registry = registry;
    }

    record Gate(CircuitBreaker breaker, Semaphore calls, Gauge gauge) {}

    /// The gate of a webhook. Those of webhooks that are not being called are forgotten when there
    /// are too many.
    synchronized Gate of(String webhook) {
        Gate known = gates.get(webhook);
        if (known != null) {
            return known;
        }
        if (gates.size() >= MAX_GATES) {
            gates.values().removeIf(gate -> {
                boolean idle = gate.calls().availablePermits() == MAX_CALLS;
                if (idle) {
                    registry.remove(gate.gauge());
                }
                return idle;
            });
        }
        CircuitBreaker breaker = CircuitBreaker.of(webhook, BREAKER);
        Gauge gauge = Gauge.builder("apiserver_webhook_circuit_breaker_state", breaker, Gates::number)
                .description("Whether a webhook is called: 0 yes, 1 no, 2 for a try.")
                .tags("name", webhook)
                .register(registry);
        var gate = new Gate(breaker, new Semaphore(MAX_CALLS), gauge);
        gates.put(webhook, gate);
        return gate;
    }

    private static double number(CircuitBreaker breaker) {
        return switch (breaker.getState()) {
            case OPEN, FORCED_OPEN -> 1;
            case HALF_OPEN -> 2;
            default -> 0;
        };
    }
}
