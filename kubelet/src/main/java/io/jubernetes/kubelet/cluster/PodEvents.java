package io.jubernetes.kubelet.cluster;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;

/// Tells the cluster's users what happens to pods. Never blocks and never fails; events may be dropped under
/// load.
public interface PodEvents {
    enum Type {
        NORMAL,
        WARNING
    }

    /// An event about a pod.
    void event(Pod pod, Type type, String reason, String message);

    /// An event about one container.
    ///
    /// @param fieldPath such as `spec.containers{main}`
    void event(Pod pod, String fieldPath, Type type, String reason, String message);

    /// An event about this node.
    void event(Node node, Type type, String reason, String message);
}
