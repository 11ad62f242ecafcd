package io.jubernetes.scheduler.cycle;

import io.jubernetes.scheduler.queue.SchedulingQueue;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.function.ToIntFunction;

/// The scheduler's metrics, under upstream's names.
final class SchedulerMetrics {
    private static final Duration[] BUCKETS = buckets();

    private final MeterRegistry meters;

    SchedulerMetrics(MeterRegistry meters, SchedulingQueue queue) {
        this.meters = meters;
        pending("active", queue, SchedulingQueue::readyCount);
        pending("backoff", queue, SchedulingQueue::backingOffCount);
        pending("unschedulable", queue, SchedulingQueue::parkedCount);
        pending("gated", queue, SchedulingQueue::gatedCount);
    }

    private void pending(String name, SchedulingQueue queue, ToIntFunction<SchedulingQueue> count) {
        Gauge.builder("scheduler.pending.pods", queue, q -> (double) count.applyAsInt(q))
                .description("Number of pending pods, by the queue type")
                .tag("queue", name)
                .register(meters);
    }

    /// @param result `scheduled`, `unschedulable` or `error`
    void attempt(String profile, String result, Duration took) {
        Counter.builder("scheduler.schedule.attempts")
                .description("Number of attempts to schedule pods, by the result")
                .tag("profile", profile)
                .tag("result", result)
                .register(meters)
                .increment();
        Timer.builder("scheduler.scheduling.attempt.duration")
                .description("Scheduling attempt latency (scheduling algorithm + binding)")
                .tag("profile", profile)
                .tag("result", result)
                .serviceLevelObjectives(BUCKETS)
                .register(meters)
                .record(took);
    }

    /// A pod was bound, this long after it came into the queue.
    void bound(int attempts, Duration waited) {
        Timer.builder("scheduler.pod.scheduling.sli.duration")
                .description("E2e latency for a pod being scheduled, from the time it enters the scheduling queue")
                .tag("attempts", attempts >= 16 ? "16+" : Integer.toString(attempts))
                .serviceLevelObjectives(BUCKETS)
                .register(meters)
                .record(waited);
    }

    void incoming(String queue, String event) {
        Counter.builder("scheduler.queue.incoming.pods")
                .description("Number of pods added to scheduling queues by event and queue type")
                .tag("queue", queue)
                .tag("event", event)
                .register(meters)
                .increment();
    }

    private static Duration[] buckets() {
        var buckets = new Duration[15];
        for (int i = 0; i < buckets.length; i++) {
            buckets[i] = Duration.ofMillis(1L << i);
        }
        return buckets;
    }
}
