package io.jubernetes.kubelet.pod;

import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;

/// The node's decision to end a pod as failed.
///
/// @param reason of the pod's status
/// @param message of the pod's status
/// @param grace how long its containers get to leave
/// @param disruption whether the pod is told to have been disrupted by its node
public record PodEviction(String reason, String message, Duration grace, boolean disruption) {
    /// Whether a pod is never ended for want of something: the node or the cluster would not work without it.
    public static boolean isExempt(Pod pod) {
        return Admission.isCritical(pod);
    }
}
