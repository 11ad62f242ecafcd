package io.jubernetes.kubelet.pod;

import io.fabric8.kubernetes.api.model.Pod;

/// Probing as pod workers see it.
public interface ProbeControl extends HealthSource {
    /// Probes the pod's containers from now on; a pod that is probed already is left alone.
    void start(Pod pod);

    /// A container has just started: probe it now, not when the period is over.
    void containerStarted(String podUid, String containerName);

    /// Ends liveness and startup probes of a pod that is being stopped: it must not be killed twice.
    /// Readiness goes on.
    void stopKilling(String podUid);

    /// Ends all probes of the pod.
    void stop(String podUid);
}
