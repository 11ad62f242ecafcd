package io.jubernetes.kubelet.server;

import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.kubelet.PodEngine;
import io.jubernetes.kubelet.pod.Containers;
import io.jubernetes.kubelet.pod.PodState;
import io.jubernetes.kubelet.runtime.ContainerInfo;
import java.util.List;
import java.util.Optional;
import org.springframework.http.HttpStatus;

/// The pod and container that a request is about.
///
/// @param container its name in the pod
record Target(Pod pod, String container, PodState state) {
    /// A request about something that is not there.
    static final class Missing extends Exception {
        private static final long serialVersionUID = 1L;
        private final HttpStatus status;

        Missing(HttpStatus status, String message) {
            super(message);
            this.status = status;
        }

        @Override
        public String getMessage() {
            return String.valueOf(super.getMessage());
        }

        HttpStatus status() {
            return status;
        }
    }

    /// Finds what a path names: namespace, pod, an optional uid, and container.
    static Target of(PodEngine engine, List<String> path) throws Missing {
        if (path.size() != 3 && path.size() != 4) {
            throw new Missing(HttpStatus.NOT_FOUND, "404 page not found");
        }
        String namespace = path.get(0);
        String name = path.get(1);
        Optional<Pod> pod = engine.workers()
                .find(namespace, name)
                .filter(found -> path.size() == 3
                        || path.get(2).equals(found.getMetadata().getUid()));
        if (pod.isEmpty()) {
            throw new Missing(HttpStatus.NOT_FOUND, "pod does not exist");
        }
        String container = path.getLast();
        if (Containers.named(pod.get(), container).isEmpty()) {
            throw new Missing(
                    HttpStatus.NOT_FOUND, "container \"" + container + "\" not found in pod \"" + name + "\"");
        }
        return new Target(
                pod.get(),
                container,
                engine.states().get(pod.get().getMetadata().getUid()));
    }

    /// The container that runs now.
    ContainerInfo running() throws Missing {
        return state.newest(container)
                .filter(ContainerInfo::running)
                .orElseThrow(() ->
                        new Missing(HttpStatus.INTERNAL_SERVER_ERROR, "container not found (\"" + container + "\")"));
    }

    /// The container whose log is wanted: the newest that ran, or the one before it.
    ContainerInfo logged(boolean previous) throws Missing {
        String podName = pod.getMetadata().getName();
        List<ContainerInfo> ran = state.containers().getOrDefault(container, List.of()).stream()
                .filter(info -> info.startedAt() != null || info.exited())
                .toList();
        if (previous) {
            // While the next one waits to start, the newest is the previous one.
            List<ContainerInfo> ended =
                    ran.stream().filter(ContainerInfo::exited).toList();
            boolean newestRuns = !ran.isEmpty() && ran.getFirst().running();
            int index = newestRuns ? 0 : ended.size() > 1 ? 1 : 0;
            if (ended.size() <= index) {
                throw new Missing(
                        HttpStatus.BAD_REQUEST,
                        "previous terminated container \"" + container + "\" in pod \"" + podName + "\" not found");
            }
            return ended.get(index);
        }
        if (ran.isEmpty()) {
            throw new Missing(
                    HttpStatus.BAD_REQUEST,
                    "container \"" + container + "\" in pod \"" + podName + "\" is waiting to start: "
                            + waitingReason());
        }
        return ran.getFirst();
    }

    private String waitingReason() {
        if (pod.getStatus() != null) {
            for (var status : pod.getStatus().getContainerStatuses()) {
                if (status.getName().equals(container)
                        && status.getState() != null
                        && status.getState().getWaiting() != null) {
                    String message = status.getState().getWaiting().getMessage();
                    return message == null
                            ? status.getState().getWaiting().getReason()
                            : status.getState().getWaiting().getReason().contains("Image")
                                    ? "trying and failing to pull image"
                                    : status.getState().getWaiting().getReason();
                }
            }
        }
        return "ContainerCreating";
    }
}
