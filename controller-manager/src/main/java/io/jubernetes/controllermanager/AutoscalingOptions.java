package io.jubernetes.controllermanager;

import io.jubernetes.common.controller.ServiceOptions.DurationConverter;
import java.time.Duration;
import picocli.CommandLine.Option;

/// The flags of horizontal autoscaling, under upstream's names.
final class AutoscalingOptions {
    @Option(
            names = "--horizontal-pod-autoscaler-sync-period",
            paramLabel = "DURATION",
            defaultValue = "15s",
            converter = DurationConverter.class,
            description = "Time between two looks at an autoscaler (${DEFAULT-VALUE}).")
    private Duration syncPeriod = Duration.ofSeconds(15);

    @Option(
            names = "--horizontal-pod-autoscaler-tolerance",
            paramLabel = "SHARE",
            defaultValue = "0.1",
            description = "By how much a value may be off its target without effect (${DEFAULT-VALUE}).")
    private double tolerance = 0.1;

    @Option(
            names = "--horizontal-pod-autoscaler-downscale-stabilization",
            paramLabel = "DURATION",
            defaultValue = "5m0s",
            converter = DurationConverter.class,
            description = "For how long the highest recommendation counts when shrinking (${DEFAULT-VALUE}).")
    private Duration downscaleStabilization = Duration.ofMinutes(5);

    @Option(
            names = "--horizontal-pod-autoscaler-cpu-initialization-period",
            paramLabel = "DURATION",
            defaultValue = "5m0s",
            converter = DurationConverter.class,
            description = "How long after its start a pod's CPU usage counts only when it is ready (${DEFAULT-VALUE}).")
    private Duration cpuInitializationPeriod = Duration.ofMinutes(5);

    @Option(
            names = "--horizontal-pod-autoscaler-initial-readiness-delay",
            paramLabel = "DURATION",
            defaultValue = "30s",
            converter = DurationConverter.class,
            description = "How soon after its start a pod may first become ready (${DEFAULT-VALUE}).")
    private Duration initialReadinessDelay = Duration.ofSeconds(30);

    ControllerSettings.Autoscaling settings() {
        return new ControllerSettings.Autoscaling(
                tolerance, syncPeriod, downscaleStabilization, cpuInitializationPeriod, initialReadinessDelay);
    }
}
