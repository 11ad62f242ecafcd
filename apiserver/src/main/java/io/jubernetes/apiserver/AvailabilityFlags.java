package io.jubernetes.apiserver;

import io.jubernetes.common.codec.GoDuration;
import io.jubernetes.common.component.StartupException;
import java.time.Duration;
import picocli.CommandLine.Option;

/// How this server comes and goes among several.
final class AvailabilityFlags {
    @Option(
            names = "--shutdown-delay-duration",
            defaultValue = "0s",
            description = "Time between failing /readyz and refusing requests, for load balancers to notice.")
    private String shutdownDelay = "0s";

    @Option(
            names = "--endpoint-reconciler-type",
            defaultValue = "lease",
            description = "lease: keep this server among the endpoints of the kubernetes Service; none: do not.")
    private String endpointReconciler = "lease";

    /// @param endpoints whether this server is among the endpoints of the `kubernetes` Service
    record Values(Duration shutdownDelay, boolean endpoints) {}

    /// @throws StartupException when one is wrong
    Values values() throws StartupException {
        Duration delay = GoDuration.find(shutdownDelay)
                .filter(each -> !each.isNegative())
                .orElseThrow(() -> new StartupException(
                        "--shutdown-delay-duration: " + shutdownDelay + " is not a duration such as 15s"));
        boolean endpoints = switch (endpointReconciler) {
            case "lease" -> true;
            case "none" -> false;
            default ->
                throw new StartupException(
                        "--endpoint-reconciler-type: " + endpointReconciler + " is neither lease nor none");
        };
        return new Values(delay, endpoints);
    }
}
