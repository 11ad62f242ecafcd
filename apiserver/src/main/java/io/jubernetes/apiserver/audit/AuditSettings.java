package io.jubernetes.apiserver.audit;

import io.jubernetes.apiserver.webhook.ConfiguredWebhook;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Where events go.
///
/// @param policy null when nothing is written down
/// @param log null when there is no log
/// @param webhook null when events are posted nowhere
public record AuditSettings(
        @Nullable Path policy, @Nullable Log log, @Nullable Webhook webhook) {
    /// @param path `-` for the standard output
    /// @param format `json` or `legacy`
    /// @param mode `blocking`, `blocking-strict` or `batch`
    /// @param maxAgeDays 0 for ever
    /// @param maxBackups 0 for all
    /// @param maxMegabytes 0 for upstream's 100
    public record Log(
            String path,
            String format,
            String mode,
            int maxAgeDays,
            int maxBackups,
            int maxMegabytes,
            boolean compress) {}

    /// @param kubeconfig names the server
    public record Webhook(
            Path kubeconfig, String mode, Duration initialBackoff, int bufferSize, int maxBatch, Duration maxWait) {}

    private static final int DEFAULT_MEGABYTES = 100;
    private static final int LOG_BUFFER = 10_000;

    /// Opens the backends.
    ///
    /// @throws IOException when the policy or a file cannot be used; the message says what is wrong
    public Auditing open(MeterRegistry metrics, InstantSource clock) throws IOException {
        if (policy == null) {
            return Auditing.off(metrics);
        }
        AuditPolicy rules = AuditPolicy.parse(Files.readAllBytes(policy));
        List<EventQueue> queues = new ArrayList<>();
        if (log != null) {
            var settings = new LogBackend.Settings(
                    log.path(),
                    log.format().equals("json"),
                    Duration.ofDays(log.maxAgeDays()),
                    log.maxBackups(),
                    (log.maxMegabytes() == 0 ? DEFAULT_MEGABYTES : log.maxMegabytes()) * (1L << 20),
                    log.compress());
            boolean batch = log.mode().equals("batch");
            queues.add(new EventQueue(
                    new LogBackend(settings, clock),
                    new EventQueue.Settings(!batch, LOG_BUFFER, batch ? 1 : 100, Duration.ZERO),
                    metrics));
        }
        if (webhook != null) {
            boolean batch = webhook.mode().equals("batch");
            queues.add(new EventQueue(
                    new WebhookBackend(ConfiguredWebhook.read(webhook.kubeconfig()), webhook.initialBackoff()),
                    new EventQueue.Settings(
                            !batch,
                            webhook.bufferSize(),
                            batch ? webhook.maxBatch() : 1,
                            batch ? webhook.maxWait() : Duration.ZERO),
                    metrics));
        }
        return new Auditing(rules, queues, metrics, clock);
    }
}
