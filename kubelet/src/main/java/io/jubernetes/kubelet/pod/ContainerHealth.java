package io.jubernetes.kubelet.pod;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Probe;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What probes say of a running container.
///
/// @param started whether its startup probe has succeeded, or it has none
/// @param ready whether its readiness probe succeeds, or it has none
/// @param failure why it must be killed: `liveness probe` or `startup probe`
public record ContainerHealth(boolean started, boolean ready, Optional<String> failure) {
    static final ContainerHealth WELL = new ContainerHealth(true, true, Optional.empty());

    /// The grace period that the failed probe gives the container instead of the pod's; null when it says
    /// nothing.
    @Nullable
    Duration killGrace(Container container) {
        Probe probe =
                failure.orElse("").startsWith("startup") ? container.getStartupProbe() : container.getLivenessProbe();
        Long seconds = probe == null ? null : probe.getTerminationGracePeriodSeconds();
        return seconds == null ? null : Duration.ofSeconds(seconds);
    }
}
