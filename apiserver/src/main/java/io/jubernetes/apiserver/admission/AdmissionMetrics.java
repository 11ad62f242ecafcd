package io.jubernetes.apiserver.admission;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/// How long the plugins take together, under upstream's name. Thread-safe.
final class AdmissionMetrics {
    private static final Duration[] BUCKETS = Arrays.stream(new long[] {5, 25, 100, 500, 1000, 2500})
            .mapToObj(Duration::ofMillis)
            .toArray(Duration[]::new);

    private final MeterRegistry registry;
    private final Map<Step, Timer> timers = new ConcurrentHashMap<>();

    AdmissionMetrics(MeterRegistry registry) {
        this.registry = registry;
    }

    private record Step(String type, AdmissionRequest.Operation operation, boolean rejected) {}

    /// Does a step and notes the time it took.
    ///
    /// @param type `admit` or `validate`
    void step(String type, AdmissionRequest request, Runnable step) {
        long start = System.nanoTime();
        boolean rejected = true;
        try {
            step.run();
            rejected = false;
        } finally {
            timers.computeIfAbsent(new Step(type, request.operation(), rejected), this::timer)
                    .record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
        }
    }

    private Timer timer(Step step) {
        return Timer.builder("apiserver_admission_step_admission_duration_seconds")
                .description("Time that the admission plugins take together.")
                .serviceLevelObjectives(BUCKETS)
                .tags(
                        "type",
                        step.type(),
                        "operation",
                        step.operation().name(),
                        "rejected",
                        Boolean.toString(step.rejected()))
                .register(registry);
    }
}
