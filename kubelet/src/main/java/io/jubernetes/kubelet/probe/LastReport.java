package io.jubernetes.kubelet.probe;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.Optional;
import java.util.stream.Stream;

/// What the pod's status said of a container when this kubelet took the pod over. A kubelet that starts again must not
/// take running containers out of their Services until their next probe.
final class LastReport {
    private LastReport() {}

    /// The id of the container that was ready, or had started, when last reported.
    static Optional<String> wellContainer(ProbeKind kind, Pod pod, String name) {
        if (kind == ProbeKind.LIVENESS || pod.getStatus() == null) {
            return Optional.empty();
        }
        return Stream.concat(
                        pod.getStatus().getInitContainerStatuses().stream(),
                        pod.getStatus().getContainerStatuses().stream())
                .filter(status -> name.equals(status.getName()) && isWell(kind, status))
                .map(ContainerStatus::getContainerID)
                .filter(id -> id != null && id.contains("://"))
                .map(id -> id.substring(id.indexOf("://") + "://".length()))
                .findFirst();
    }

    private static boolean isWell(ProbeKind kind, ContainerStatus status) {
        return Boolean.TRUE.equals(kind == ProbeKind.READINESS ? status.getReady() : status.getStarted());
    }
}
