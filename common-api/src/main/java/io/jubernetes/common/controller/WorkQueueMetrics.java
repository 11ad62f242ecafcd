package io.jubernetes.common.controller;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/// The metrics of one work queue, under upstream's names. They leave the registry with the queue.
final class WorkQueueMetrics {
    private static final Duration[] BUCKETS = {
        Duration.ofNanos(1_000),
        Duration.ofNanos(10_000),
        Duration.ofNanos(100_000),
        Duration.ofMillis(1),
        Duration.ofMillis(10),
        Duration.ofMillis(100),
        Duration.ofSeconds(1),
        Duration.ofSeconds(10)
    };

    private final MeterRegistry meters;
    private final Counter adds;
    private final Counter retries;
    private final Timer waiting;
    private final Timer working;
    private final List<Meter> all;

    WorkQueueMetrics(
            String name,
            MeterRegistry meters,
            Supplier<Number> depth,
            Supplier<Number> unfinishedSeconds,
            Supplier<Number> longestSeconds) {
        this.meters = meters;
        adds = Counter.builder("workqueue.adds")
                .description("Total number of adds handled by workqueue")
                .tag("name", name)
                .register(meters);
        retries = Counter.builder("workqueue.retries")
                .description("Total number of retries handled by workqueue")
                .tag("name", name)
                .register(meters);
        waiting = timer("workqueue.queue.duration", "How long an item stays in workqueue before being requested", name);
        working = timer("workqueue.work.duration", "How long processing an item from workqueue takes", name);
        all = List.of(
                adds,
                retries,
                waiting,
                working,
                Gauge.builder("workqueue.depth", depth)
                        .description("Current depth of workqueue")
                        .tag("name", name)
                        .register(meters),
                Gauge.builder("workqueue.unfinished.work.seconds", unfinishedSeconds)
                        .description("Seconds of work in progress that work_duration has not observed yet")
                        .tag("name", name)
                        .register(meters),
                Gauge.builder("workqueue.longest.running.processor.seconds", longestSeconds)
                        .description("How long the longest running worker has been at it")
                        .tag("name", name)
                        .register(meters));
    }

    private Timer timer(String metric, String description, String name) {
        return Timer.builder(metric)
                .description(description)
                .tag("name", name)
                .serviceLevelObjectives(BUCKETS)
                .register(meters);
    }

    void added() {
        adds.increment();
    }

    void retried() {
        retries.increment();
    }

    void waited(long nanos) {
        waiting.record(nanos, TimeUnit.NANOSECONDS);
    }

    void worked(long nanos) {
        working.record(nanos, TimeUnit.NANOSECONDS);
    }

    void close() {
        all.forEach(meters::remove);
    }
}
