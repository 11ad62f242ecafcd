package io.jubernetes.apiserver;

import io.jubernetes.apiserver.audit.AuditSettings;
import io.jubernetes.common.codec.GoDuration;
import io.jubernetes.common.component.StartupException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// What is written down about requests, and where.
final class AuditFlags {
    @Option(names = "--audit-policy-file", description = "Policy that says what is written down about which requests.")
    private @Nullable Path policy;

    @Option(names = "--audit-log-path", description = "File of audit events; - for the standard output.")
    private @Nullable String logPath;

    @Option(names = "--audit-log-format", defaultValue = "json", description = "json or legacy.")
    private String logFormat = "json";

    @Option(names = "--audit-log-mode", defaultValue = "blocking", description = "batch, blocking or blocking-strict.")
    private String logMode = "blocking";

    @Option(
            names = "--audit-log-maxage",
            defaultValue = "0",
            description = "Days old audit files are kept; 0 for ever.")
    private int maxAge;

    @Option(names = "--audit-log-maxbackup", defaultValue = "0", description = "Old audit files kept; 0 for all.")
    private int maxBackup;

    @Option(names = "--audit-log-maxsize", defaultValue = "0", description = "Megabytes of an audit file; 0 for 100.")
    private int maxSize;

    @Option(
            names = "--audit-log-compress",
            arity = "0..1",
            defaultValue = "false",
            fallbackValue = "true",
            description = "Compress old audit files.")
    private boolean compress;

    @Option(names = "--audit-webhook-config-file", description = "Kubeconfig of the server audit events are posted to.")
    private @Nullable Path webhook;

    @Option(names = "--audit-webhook-mode", defaultValue = "batch", description = "batch, blocking or blocking-strict.")
    private String webhookMode = "batch";

    @Option(
            names = "--audit-webhook-initial-backoff",
            defaultValue = "10s",
            description = "Pause before audit events are posted again.")
    private String backoff = "10s";

    @Option(
            names = "--audit-webhook-batch-buffer-size",
            defaultValue = "10000",
            description = "Audit events that wait to be posted.")
    private int bufferSize = 10_000;

    @Option(
            names = "--audit-webhook-batch-max-size",
            defaultValue = "400",
            description = "Audit events posted at once.")
    private int maxBatch = 400;

    @Option(
            names = "--audit-webhook-batch-max-wait",
            defaultValue = "30s",
            description = "Longest time until audit events are posted.")
    private String maxWait = "30s";

    AuditSettings values() throws StartupException {
        checkOneOf("--audit-log-format", logFormat, List.of("json", "legacy"));
        checkOneOf("--audit-log-mode", logMode, List.of("batch", "blocking", "blocking-strict"));
        checkOneOf("--audit-webhook-mode", webhookMode, List.of("batch", "blocking", "blocking-strict"));
        if (bufferSize < 1 || maxBatch < 1 || maxAge < 0 || maxBackup < 0 || maxSize < 0) {
            throw new StartupException("--audit-webhook-batch-* must be positive, --audit-log-max* not negative");
        }
        return new AuditSettings(
                policy,
                logPath == null
                        ? null
                        : new AuditSettings.Log(logPath, logFormat, logMode, maxAge, maxBackup, maxSize, compress),
                webhook == null
                        ? null
                        : new AuditSettings.Webhook(
                                webhook,
                                webhookMode,
                                duration("--audit-webhook-initial-backoff", backoff),
                                bufferSize,
                                maxBatch,
                                duration("--audit-webhook-batch-max-wait", maxWait)));
    }

    private static void checkOneOf(String flag, String value, List<String> allowed) throws StartupException {
        if (!allowed.contains(value)) {
            throw new StartupException(flag + ": " + value + " is none of " + String.join(", ", allowed));
        }
    }

    private static Duration duration(String flag, String text) throws StartupException {
        return GoDuration.find(text)
                .filter(Duration::isPositive)
                .orElseThrow(() -> new StartupException(flag + ": write it as 30s or 1m30s, not " + text));
    }
}
