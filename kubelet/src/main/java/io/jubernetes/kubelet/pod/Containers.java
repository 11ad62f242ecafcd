package io.jubernetes.kubelet.pod;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.kubelet.runtime.ContainerInfo;
import java.util.List;
import java.util.Optional;

/// Questions about a pod's containers.
public final class Containers {
    static final String ALWAYS = "Always";
    static final String ON_FAILURE = "OnFailure";
    static final String NEVER = "Never";

    private Containers() {}

    static List<Container> init(Pod pod) {
        return pod.getSpec().getInitContainers();
    }

    static List<Container> main(Pod pod) {
        return pod.getSpec().getContainers();
    }

    /// A container by name, init containers too.
    public static Optional<Container> named(Pod pod, String name) {
        return main(pod).stream()
                .filter(container -> container.getName().equals(name))
                .findFirst()
                .or(() -> init(pod).stream()
                        .filter(container -> container.getName().equals(name))
                        .findFirst());
    }

    static boolean isInit(Pod pod, String name) {
        return init(pod).stream().anyMatch(container -> container.getName().equals(name));
    }

    /// An init container that runs beside the others.
    static boolean isSidecar(Container initContainer) {
        return ALWAYS.equals(initContainer.getRestartPolicy());
    }

    static String restartPolicy(Pod pod) {
        String policy = pod.getSpec().getRestartPolicy();
        return policy == null ? ALWAYS : policy;
    }

    /// The restart policy that counts for one container.
    static String restartPolicy(Pod pod, Container container) {
        String own = container.getRestartPolicy();
        return own != null && !own.isEmpty() ? own : restartPolicy(pod);
    }

    /// Whether a container that has ended is to run again. As in init containers, "always" means "until it
    /// succeeds" unless it is a sidecar.
    static boolean restarts(Pod pod, Container container, ContainerInfo ended, boolean init) {
        return switch (restartPolicy(pod, container)) {
            case NEVER -> false;
            case ON_FAILURE -> ended.exitCode() != 0;
            default -> !init || isSidecar(container) || ended.exitCode() != 0;
        };
    }

    /// The field path that events name a container by.
    static String fieldPath(Pod pod, Container container) {
        return isInit(pod, container.getName())
                ? "spec.initContainers{" + container.getName() + "}"
                : "spec.containers{" + container.getName() + "}";
    }
}
