package io.jubernetes.apiserver.admission.webhook;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/// What webhooks have done, under upstream's names. Thread-safe.
final class WebhookMetrics {
    private static final Duration[] BUCKETS = Arrays.stream(new long[] {5, 25, 100, 500, 1000, 2500, 10_000, 25_000})
            .mapToObj(Duration::ofMillis)
            .toArray(Duration[]::new);

    private final MeterRegistry registry;
    private final String type;
    private final Map<Series, AtomicLong> counts = new ConcurrentHashMap<>();

    /// @param type `admit` or `validating`
    WebhookMetrics(MeterRegistry registry, String type) {
        this.registry = registry;
        this.type = type;
    }

    /// Counts a call.
    ///
    /// @param code of the answer
    void called(Hook hook, String operation, boolean rejected, int code, Duration elapsed) {
        String shown = Boolean.toString(rejected);
        Timer.builder("apiserver_admission_webhook_admission_duration_seconds")
                .description("Time that calls of admission webhooks take.")
                .serviceLevelObjectives(BUCKETS)
                .tags("name", hook.name(), "type", type, "operation", operation, "rejected", shown)
                .register(registry)
                .record(elapsed);
        Counter.builder("apiserver_admission_webhook_request_total")
                .description("Calls of admission webhooks.")
                .tags("name", hook.name(), "type", type, "operation", operation)
                .tags("code", Integer.toString(Math.min(code, 600)), "rejected", shown)
                .register(registry)
                .increment();
    }

    /// Counts a refusal.
    ///
    /// @param error `no_error` when the webhook said no, `calling_webhook_error` or
    ///     `apiserver_internal_error`
    void rejected(Hook hook, String operation, String error, int code) {
        count(
                "apiserver_admission_webhook_rejection_count",
                "Requests refused by admission webhooks.",
                Tags.of("name", hook.name(), "type", type, "operation", operation)
                        .and("error_type", error, "rejection_code", Integer.toString(Math.min(code, 600))));
    }

    /// Counts a failed call that let the request pass.
    void failedOpen(Hook hook) {
        count(
                "apiserver_admission_webhook_fail_open_count",
                "Requests that passed because a webhook could not be called.",
                Tags.of("name", hook.name(), "type", type));
    }

    /// Counts under a name that does not end as counters' names do: as a gauge it keeps its name.
    private void count(String name, String description, Tags tags) {
        counts.computeIfAbsent(new Series(name, tags), series -> {
                    var count = new AtomicLong();
                    Gauge.builder(series.name(), count, AtomicLong::doubleValue)
                            .description(description)
                            .tags(series.tags())
                            .strongReference(true)
                            .register(registry);
                    return count;
                })
                .incrementAndGet();
    }

    private record Series(String name, Tags tags) {}

    /// Counts a request that the conditions of a webhook kept from it.
    void excluded(Hook hook, String operation) {
        condition("apiserver_admission_match_condition_exclusions_total", hook, operation, 1);
    }

    /// Counts conditions that came to no value.
    void conditionsFailed(Hook hook, String operation, int errors) {
        condition("apiserver_admission_match_condition_evaluation_errors_total", hook, operation, errors);
    }

    private void condition(String metric, Hook hook, String operation, int count) {
        Counter.builder(metric)
                .description("Outcomes of the conditions of admission webhooks.")
                .tags("name", hook.name(), "kind", "webhook", "type", type, "operation", operation)
                .register(registry)
                .increment(count);
    }
}
