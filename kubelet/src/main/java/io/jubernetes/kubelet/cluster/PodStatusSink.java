package io.jubernetes.kubelet.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;

/// Where pods' statuses go. Calls return at once; the newest status of a pod wins, and is tried again until
/// it is stored.
public interface PodStatusSink {
    /// @param pod the pod as its source has it
    /// @param status everything the kubelet knows about it
    void update(Pod pod, PodStatus status);

    /// Nothing of the pod runs any more and nothing of it is left on the node: once its last status is
    /// stored, a pod that is being deleted can be removed.
    void finished(Pod pod, PodStatus status);

    /// Forget the pod.
    void forget(String podUid);
}
