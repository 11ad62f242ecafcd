package io.jubernetes.kubelet.pod;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A pod's phase, from the statuses of its containers. The rules are those of upstream's `getPhase`.
final class PodPhase {
    static final String PENDING = "Pending";
    static final String RUNNING = "Running";
    static final String SUCCEEDED = "Succeeded";
    static final String FAILED = "Failed";

    private PodPhase() {}

    static boolean isTerminal(String phase) {
        return SUCCEEDED.equals(phase) || FAILED.equals(phase);
    }

    /// @param ended whether nothing of the pod runs any more and nothing will
    static String of(Pod pod, List<ContainerStatus> init, List<ContainerStatus> main, boolean ended) {
        String policy = Containers.restartPolicy(pod);
        boolean initPending = false;
        boolean initFailed = false;
        int unknown = 0;
        int running = 0;
        int waiting = 0;
        int stopped = 0;
        int succeeded = 0;
        boolean restartable = false;
        for (Container container : Containers.init(pod)) {
            Optional<ContainerStatus> status = find(init, container);
            ContainerStateTerminated end = status.map(PodPhase::lastEnd).orElse(null);
            if (Containers.isSidecar(container)) {
                // One that has ended says nothing about the pod, whether or not it will run again.
                boolean runs = status.isPresent()
                        && status.get().getState() != null
                        && status.get().getState().getRunning() != null;
                boolean started = runs && Boolean.TRUE.equals(status.get().getStarted());
                initPending |= end == null && !started;
                running += runs ? 1 : 0;
                waiting += !runs && end == null ? 1 : 0;
            } else if (end == null) {
                initPending = true;
            } else if (end.getExitCode() != 0) {
                initFailed |= !Containers.restarts(pod, container, end.getExitCode(), true) || ended;
            }
        }
        if (initFailed) {
            return FAILED;
        }
        boolean mainRan = false;
        for (Container container : Containers.main(pod)) {
            ContainerState state =
                    find(main, container).map(ContainerStatus::getState).orElse(null);
            ContainerStateTerminated end =
                    find(main, container).map(PodPhase::lastEnd).orElse(null);
            if (state == null) {
                unknown++;
            } else if (state.getRunning() != null) {
                running++;
                mainRan = true;
            } else if (state.getTerminated() != null) {
                stopped++;
                succeeded += state.getTerminated().getExitCode() == 0 ? 1 : 0;
            } else if (end != null) {
                stopped++;
            } else {
                waiting++;
            }
            if (end != null) {
                mainRan = true;
                restartable |= Containers.restarts(pod, container, end.getExitCode(), false);
            }
        }
        if (ended) {
            return stopped > 0
                            && stopped == succeeded
                            && stopped == Containers.main(pod).size()
                    ? SUCCEEDED
                    : FAILED;
        }
        if (initPending && !mainRan || waiting > 0) {
            return PENDING;
        }
        if (running > 0 && unknown == 0) {
            return RUNNING;
        }
        if (stopped > 0 && unknown == 0) {
            if (policy.equals(Containers.ALWAYS) || restartable) {
                return RUNNING;
            }
            return stopped == succeeded ? SUCCEEDED : FAILED;
        }
        return PENDING;
    }

    private static Optional<ContainerStatus> find(List<ContainerStatus> statuses, Container container) {
        return statuses.stream()
                .filter(status -> status.getName().equals(container.getName()))
                .findFirst();
    }

    /// How a container ended, now or before the try it waits for; null when it never has.
    private static @Nullable ContainerStateTerminated lastEnd(ContainerStatus status) {
        if (status.getState() != null && status.getState().getRunning() != null) {
            return null;
        }
        if (status.getState() != null && status.getState().getTerminated() != null) {
            return status.getState().getTerminated();
        }
        return status.getLastState() == null ? null : status.getLastState().getTerminated();
    }
}
