package io.jubernetes.apiserver.flowcontrol;

import io.jubernetes.apiserver.flowcontrol.Ticket.Refusal;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToDoubleFunction;

/// The meters of one flow schema on one priority level, under upstream's names. Made at the first request, kept for
/// good. Thread-safe.
final class FlowMeters {
    private static final String PREFIX = "apiserver_flowcontrol_";
    private static final Duration[] TIMES = Arrays.stream(
                    new long[] {5, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000})
            .mapToObj(Duration::ofMillis)
            .toArray(Duration[]::new);
    private static final double[] LENGTHS = {10, 25, 50, 100, 250, 500, 1000};
    private static final double[] SEATS = {1, 2, 4, 10};
    private static final double[] WATCHERS = {1, 10, 100, 1000, 10_000};

    private final MeterRegistry registry;
    private final String schema;
    private final Tags tags;
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicInteger waitingSeats = new AtomicInteger();
    private final AtomicInteger executing = new AtomicInteger();
    private final AtomicInteger executingSeats = new AtomicInteger();
    private final Counter dispatched;
    private final Map<Refusal, Counter> refusals = new EnumMap<>(Refusal.class);
    private final Timer waitOfExecuted;
    private final Timer waitOfRefused;
    private final Timer execution;
    private final DistributionSummary queueLength;
    private final DistributionSummary estimates;
    private final DistributionSummary watchers;

    FlowMeters(MeterRegistry registry, String schema, String level) {
        this.registry = registry;
        this.schema = schema;
        tags = Tags.of("flow_schema", schema, "priority_level", level);
        gauge("current_inqueue_requests", "Requests that wait in the queues.", waiting);
        gauge("current_inqueue_seats", "Seats that requests in the queues wait for.", waitingSeats);
        gauge("current_executing_requests", "Requests that are carried out.", executing);
        gauge(
                "current_executing_seats",
                "Seats of requests that are carried out, or are not free yet.",
                executingSeats);
        dispatched = counter("dispatched_requests_total", "Requests whose turn has come.", Tags.empty());
        for (Refusal refusal : Refusal.values()) {
            Tags reason = Tags.of("reason", refusal.text);
            refusals.put(refusal, counter("rejected_requests_total", "Requests that were refused.", reason));
        }
        waitOfExecuted = timer("request_wait_duration_seconds", "Time in a queue.", Tags.of("execute", "true"));
        waitOfRefused = timer("request_wait_duration_seconds", "Time in a queue.", Tags.of("execute", "false"));
        execution = timer("request_execution_seconds", "Time that requests take.", Tags.empty());
        queueLength = summary("request_queue_length_after_enqueue", "Length of the queue a request joins.", LENGTHS);
        estimates = summary("work_estimated_seats", "Seats that requests are expected to take.", SEATS);
        watchers = summary("watch_count_samples", "Watchers that changes are told to.", WATCHERS);
    }

    private void gauge(String name, String description, AtomicInteger value) {
        ToDoubleFunction<AtomicInteger> read = AtomicInteger::doubleValue;
        Gauge.builder(PREFIX + name, value, read)
                .description(description)
                .tags(tags)
                .strongReference(true)
                .register(registry);
    }

    private Counter counter(String name, String description, Tags more) {
        return Counter.builder(PREFIX + name)
                .description(description)
                .tags(tags.and(more))
                .register(registry);
    }

    private Timer timer(String name, String description, Tags more) {
        return Timer.builder(PREFIX + name)
                .description(description)
                .serviceLevelObjectives(TIMES)
                .tags(tags.and(more))
                .register(registry);
    }

    private DistributionSummary summary(String name, String description, double[] buckets) {
        return DistributionSummary.builder(PREFIX + name)
                .description(description)
                .serviceLevelObjectives(buckets)
                .tags(tags)
                .register(registry);
    }

    /// The name of the flow schema.
    String schema() {
        return schema;
    }

    void estimated(int seats) {
        estimates.record(seats);
    }

    void watched(int count) {
        watchers.record(count);
    }

    /// @param length of its queue with the request
    void enqueued(int seats, int length) {
        waiting.incrementAndGet();
        waitingSeats.addAndGet(seats);
        queueLength.record(length);
    }

    void dequeued(int seats) {
        waiting.decrementAndGet();
        waitingSeats.addAndGet(-seats);
    }

    void refused(Refusal why, long waitedNanos) {
        Objects.requireNonNull(refusals.get(why)).increment();
        waitOfRefused.record(waitedNanos, TimeUnit.NANOSECONDS);
    }

    void started(int seats, long waitedNanos) {
        executing.incrementAndGet();
        executingSeats.addAndGet(seats);
        dispatched.increment();
        waitOfExecuted.record(waitedNanos, TimeUnit.NANOSECONDS);
    }

    void finished(long tookNanos) {
        executing.decrementAndGet();
        execution.record(tookNanos, TimeUnit.NANOSECONDS);
    }

    void freed(int seats) {
        executingSeats.addAndGet(-seats);
    }
}
