package io.jubernetes.kubelet.pod;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.kubelet.cluster.PodEvents.Type;
import io.jubernetes.kubelet.container.ContainerSpecs;
import io.jubernetes.kubelet.runtime.ContainerInfo;
import io.jubernetes.kubelet.runtime.PodRef;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// The waits of one pod's containers between their restarts. Only the pod's worker uses it.
final class CrashPauses {
    private final PodTools tools;
    private final Map<String, Waiting> waiting;

    /// @param waiting where to note why a container waits
    CrashPauses(PodTools tools, Map<String, Waiting> waiting) {
        this.tools = tools;
        this.waiting = waiting;
    }

    /// How long a container that keeps ending must wait; empty when it may start now.
    Optional<Duration> pause(Pod pod, Container container, PodState state) {
        Optional<ContainerInfo> last = state.newest(container.getName()).filter(ContainerInfo::exited);
        if (last.isEmpty()) {
            return Optional.empty();
        }
        String key = pod.getMetadata().getUid() + "_" + container.getName() + "_" + ContainerSpecs.hash(container);
        Instant end =
                Objects.requireNonNullElse(last.get().finishedAt(), last.get().createdAt());
        Duration pause = tools.crashes().remaining(key, end);
        if (!pause.isPositive()) {
            tools.crashes().next(key, end);
            return Optional.empty();
        }
        String label = PodRef.of(pod).label();
        tools.events()
                .event(
                        pod,
                        Containers.fieldPath(pod, container),
                        Type.WARNING,
                        "BackOff",
                        "Back-off restarting failed container " + container.getName() + " in pod " + label);
        waiting.put(
                container.getName(),
                new Waiting(
                        "CrashLoopBackOff",
                        "back-off " + goDuration(tools.crashes().current(key)) + " restarting failed container="
                                + container.getName() + " pod=" + label));
        return Optional.of(pause.plusMillis(5));
    }

    /// `1m20s`, as Go prints it.
    static String goDuration(Duration duration) {
        long seconds = duration.toSeconds();
        return seconds < 60 ? seconds + "s" : seconds / 60 + "m" + seconds % 60 + "s";
    }
}
