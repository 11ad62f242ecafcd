package io.jubernetes.apiserver;

import io.jubernetes.apiserver.flowcontrol.FlowControlService;
import io.jubernetes.common.component.StartupException;
import picocli.CommandLine.Option;

/// How many requests are carried out at once.
final class FlowControlFlags {
    private static final int MAX_READS = 400;
    private static final int MAX_CHANGES = 200;

    @Option(
            names = "--enable-priority-and-fairness",
            arity = "0..1",
            defaultValue = "true",
            fallbackValue = "true",
            description = "Serve requests by FlowSchemas and PriorityLevelConfigurations.")
    private boolean enabled = true;

    @Option(
            names = "--max-requests-inflight",
            defaultValue = "" + MAX_READS,
            description = "Requests at one time that change nothing; together with those that do, the seats that"
                    + " priority levels share.")
    private int maxReads = MAX_READS;

    @Option(
            names = "--max-mutating-requests-inflight",
            defaultValue = "" + MAX_CHANGES,
            description = "Requests at one time that may change something.")
    private int maxChanges = MAX_CHANGES;

    FlowControlService.Settings values() throws StartupException {
        if (maxReads < 0 || maxChanges < 0) {
            throw new StartupException(
                    "--max-requests-inflight, --max-mutating-requests-inflight: must not be negative");
        }
        if (enabled && maxReads + (long) maxChanges == 0) {
            throw new StartupException("--max-requests-inflight, --max-mutating-requests-inflight: at least one must be"
                    + " positive with --enable-priority-and-fairness");
        }
        return new FlowControlService.Settings(enabled, maxReads, maxChanges);
    }
}
