package io.jubernetes.kubelet.pod;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.kubelet.runtime.ContainerInfo;

/// Says what probes found. Thread-safe.
public interface HealthSource {
    /// Health without any probes.
    HealthSource NO_PROBES = (_, _, _) -> ContainerHealth.WELL;

    ContainerHealth of(Pod pod, Container container, ContainerInfo running);
}
