package io.jubernetes.scheduler.cycle;

import io.jubernetes.scheduler.framework.ExtensionPoint;
import io.jubernetes.scheduler.queue.SchedulingQueue;
import io.jubernetes.scheduler.snapshot.NodeTable;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.ToIntFunction;

/// The scheduler's metrics, under upstream's names. Thread-safe.
public final class SchedulerMetrics {
    private static final Duration[] BUCKETS = buckets(Duration.ofMillis(1), 15);
    private static final Duration[] POINT_BUCKETS = buckets(Duration.ofNanos(100_000), 12);
    private static final double[] VICTIMS = {1, 2, 4, 8, 16, 32, 64};
    private static final double[] ATTEMPTS = {1, 2, 4, 8, 16};

    /// What tells a meter from the others of its name.
    private record Key(String name, String a, String b, String c) {
        Key(String name) {
            this(name, "", "", "");
        }
    }

    private final MeterRegistry meters;
    /// Looking a meter up in the registry costs more than most of what is measured.
    private final Map<Key, Meter> known = new ConcurrentHashMap<>();

    public SchedulerMetrics(MeterRegistry meters) {
        this.meters = meters;
    }

    void watch(SchedulingQueue queue, NodeTable nodes, AssumedPods assumed) {
        pending("active", queue, SchedulingQueue::readyCount);
        pending("backoff", queue, SchedulingQueue::backingOffCount);
        pending("unschedulable", queue, SchedulingQueue::parkedCount);
        pending("gated", queue, SchedulingQueue::gatedCount);
        cacheSize("nodes", nodes, NodeTable::size);
        cacheSize("pods", nodes, NodeTable::podCount);
        cacheSize("assumed_pods", assumed, AssumedPods::size);
    }

    private <T> void cacheSize(String type, T of, ToIntFunction<T> size) {
        Gauge.builder("scheduler.scheduler.cache.size", of, o -> (double) size.applyAsInt(o))
                .description("Number of nodes, pods, and assumed (bound) pods in the scheduler cache")
                .tag("type", type)
                .register(meters);
    }

    private void pending(String name, SchedulingQueue queue, ToIntFunction<SchedulingQueue> count) {
        Gauge.builder("scheduler.pending.pods", queue, q -> (double) count.applyAsInt(q))
                .description("Number of pending pods, by the queue type")
                .tag("queue", name)
                .register(meters);
    }

    /// @param result `scheduled`, `unschedulable` or `error`
    void attempt(String profile, String result, Duration took) {
        ((Counter) known.computeIfAbsent(
                        new Key("attempts", profile, result, ""),
                        _ -> Counter.builder("scheduler.schedule.attempts")
                                .description("Number of attempts to schedule pods, by the result")
                                .tag("profile", profile)
                                .tag("result", result)
                                .register(meters)))
                .increment();
        ((Timer) known.computeIfAbsent(
                        new Key("attempt", profile, result, ""),
                        _ -> Timer.builder("scheduler.scheduling.attempt.duration")
                                .description("Scheduling attempt latency (scheduling algorithm + binding)")
                                .tag("profile", profile)
                                .tag("result", result)
                                .serviceLevelObjectives(BUCKETS)
                                .register(meters)))
                .record(took);
    }

    /// @param before from [System#nanoTime]
    void algorithm(long before) {
        ((Timer) known.computeIfAbsent(
                        new Key("algorithm"),
                        _ -> Timer.builder("scheduler.scheduling.algorithm.duration")
                                .description("Scheduling algorithm latency")
                                .serviceLevelObjectives(BUCKETS)
                                .register(meters)))
                .record(System.nanoTime() - before, TimeUnit.NANOSECONDS);
    }

    /// An extension point was passed.
    ///
    /// @param before from [System#nanoTime]
    void point(ExtensionPoint point, Profile profile, String status, long before) {
        ((Timer) known.computeIfAbsent(
                        new Key("point", point.label(), profile.schedulerName(), status),
                        _ -> Timer.builder("scheduler.framework.extension.point.duration")
                                .description("Latency for running all plugins of a specific extension point")
                                .tag("extension_point", point.label())
                                .tag("profile", profile.schedulerName())
                                .tag("status", status)
                                .serviceLevelObjectives(POINT_BUCKETS)
                                .register(meters)))
                .record(System.nanoTime() - before, TimeUnit.NANOSECONDS);
    }

    /// A pod was bound, this long after it came into the queue.
    void bound(int attempts, Duration waited) {
        String label = attempts >= 16 ? "16+" : Integer.toString(attempts);
        ((Timer) known.computeIfAbsent(
                        new Key("sli", label, "", ""),
                        _ -> Timer.builder("scheduler.pod.scheduling.sli.duration")
                                .description("E2e latency for a pod being scheduled, from the time it enters the"
                                        + " scheduling queue")
                                .tag("attempts", label)
                                .serviceLevelObjectives(BUCKETS)
                                .register(meters)))
                .record(waited);
        summary("scheduler.pod.scheduling.attempts", "Number of attempts to successfully schedule a pod", ATTEMPTS)
                .record(attempts);
    }

    void incoming(String queue, String event, int pods) {
        if (pods > 0) {
            ((Counter) known.computeIfAbsent(
                            new Key("incoming", queue, event, ""),
                            _ -> Counter.builder("scheduler.queue.incoming.pods")
                                    .description("Number of pods added to scheduling queues by event and queue type")
                                    .tag("queue", queue)
                                    .tag("event", event)
                                    .register(meters)))
                    .increment(pods);
        }
    }

    void preemptionAttempt() {
        ((Counter) known.computeIfAbsent(
                        new Key("preemption"),
                        _ -> Counter.builder("scheduler.preemption.attempts")
                                .description("Total preemption attempts in the cluster till now")
                                .register(meters)))
                .increment();
    }

    /// Room was made by removing so many pods.
    public void victims(long count) {
        summary("scheduler.preemption.victims", "Number of selected preemption victims", VICTIMS)
                .record((double) count);
    }

    private DistributionSummary summary(String name, String description, double... buckets) {
        return (DistributionSummary) known.computeIfAbsent(
                new Key(name),
                _ -> DistributionSummary.builder(name)
                        .description(description)
                        .serviceLevelObjectives(buckets)
                        .register(meters));
    }

    private static Duration[] buckets(Duration first, int count) {
        var buckets = new Duration[count];
        for (int i = 0; i < count; i++) {
            buckets[i] = first.multipliedBy(1L << i);
        }
        return buckets;
    }
}
