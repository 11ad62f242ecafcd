package io.jubernetes.kubelet.pod;

import java.util.Optional;

/// What probes say of a running container.
///
/// @param started whether its startup probe has succeeded, or it has none
/// @param ready whether its readiness probe succeeds, or it has none
/// @param failure why it must be killed: `liveness probe` or `startup probe`
public record ContainerHealth(boolean started, boolean ready, Optional<String> failure) {
    static final ContainerHealth WELL = new ContainerHealth(true, true, Optional.empty());
}
