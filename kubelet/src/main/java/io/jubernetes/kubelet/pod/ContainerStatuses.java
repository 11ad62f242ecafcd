package io.jubernetes.kubelet.pod;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.ContainerStateTerminatedBuilder;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.VolumeMountStatusBuilder;
import io.jubernetes.kubelet.container.Resources;
import io.jubernetes.kubelet.runtime.ContainerInfo;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The statuses of a pod's containers, from what the runtime has and why the others wait.
final class ContainerStatuses {
    private static final int STATUS_UNKNOWN_CODE = 137;
    private static final int START_ERROR_CODE = 128;

    private final Pod pod;
    private final PodState state;
    private final HealthSource health;
    private final Map<String, Waiting> waiting;
    private final boolean ended;

    /// @param waiting by container name: why it was not started at the last try
    /// @param ended whether nothing of the pod runs any more and nothing will
    ContainerStatuses(Pod pod, PodState state, HealthSource health, Map<String, Waiting> waiting, boolean ended) {
        this.pod = pod;
        this.state = state;
        this.health = health;
        this.waiting = waiting;
        this.ended = ended;
    }

    /// Time as the API writes it.
    static @Nullable String time(@Nullable Instant instant) {
        return instant == null ? null : instant.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    List<ContainerStatus> init() {
        return Containers.init(pod).stream()
                .map(container -> status(container, true))
                .toList();
    }

    /// In name order, as upstream has them.
    List<ContainerStatus> main() {
        return Containers.main(pod).stream()
                .map(container -> status(container, false))
                .sorted(java.util.Comparator.comparing(ContainerStatus::getName))
                .toList();
    }

    /// Only those that have been seen or are waiting to be made.
    List<ContainerStatus> ephemeral() {
        return Containers.ephemeral(pod).stream()
                .filter(container -> waiting.containsKey(container.getName())
                        || state.newest(container.getName()).isPresent()
                        || old(container.getName(), false).isPresent())
                .map(container -> new ContainerStatusBuilder(status(container, false))
                        .withReady(false)
                        .withStarted(null)
                        .build())
                .toList();
    }

    private ContainerStatus status(Container container, boolean init) {
        List<ContainerInfo> known = state.named(container.getName());
        Optional<ContainerStatus> old = old(container.getName(), init);
        if (known.isEmpty()) {
            return old.filter(status -> status.getContainerID() != null
                            && !status.getContainerID().isEmpty())
                    .map(status -> lost(container, status))
                    .orElseGet(() -> notYet(container, init));
        }
        ContainerInfo newest = known.getFirst();
        ContainerState last = known.size() > 1
                ? terminated(known.get(1))
                : old.filter(status -> newest.attempt() > 0)
                        .map(ContainerStatus::getLastState)
                        .orElse(null);
        ContainerState current = current(newest);
        Waiting reason = waiting.get(container.getName());
        if (reason != null && !newest.running() && !ended && mayRunAgain(container, newest, init)) {
            if (newest.exited()) {
                last = current;
            }
            current = waiting(reason);
        }
        boolean running = newest.running();
        ContainerHealth probes = running ? health.of(pod, container, newest) : ContainerHealth.WELL;
        boolean sidecar = init && Containers.isSidecar(container);
        boolean ready = init && !sidecar
                ? current.getTerminated() != null && current.getTerminated().getExitCode() == 0
                : running && probes.started() && probes.ready();
        return new ContainerStatusBuilder()
                .withName(container.getName())
                .withRestartCount(newest.attempt())
                .withImage(newest.image())
                .withImageID(imageId(newest))
                .withContainerID("docker://" + newest.id())
                .withState(current)
                .withLastState(last == null ? new ContainerState() : last)
                .withReady(ready)
                .withStarted(init && !sidecar ? running : running && probes.started())
                .withResources(resources(container, newest, old))
                .withAllocatedResources(
                        container.getResources() == null
                                        || container.getResources().getRequests() == null
                                        || container
                                                .getResources()
                                                .getRequests()
                                                .isEmpty()
                                ? null
                                : container.getResources().getRequests())
                .withStopSignal(
                        container.getLifecycle() == null
                                ? null
                                : container.getLifecycle().getStopSignal())
                .withVolumeMounts(container.getVolumeMounts().stream()
                        .map(mount -> new VolumeMountStatusBuilder()
                                .withName(mount.getName())
                                .withMountPath(mount.getMountPath())
                                .withReadOnly(mount.getReadOnly())
                                .withRecursiveReadOnly(Boolean.TRUE.equals(mount.getReadOnly()) ? "Disabled" : null)
                                .build())
                        .toList())
                .build();
    }

    /// What a container has: while its limits are not yet what it was given, what it had before.
    private static @Nullable ResourceRequirements resources(
            Container container, ContainerInfo info, Optional<ContainerStatus> old) {
        var wanted = Resources.limits(container);
        boolean has = !info.running() || wanted.sameCpu(info.limits()) && wanted.sameMemory(info.limits());
        return has
                ? container.getResources()
                : old.map(ContainerStatus::getResources).orElse(container.getResources());
    }

    private boolean mayRunAgain(Container container, ContainerInfo newest, boolean init) {
        return !newest.exited()
                || !Containers.isEphemeral(pod, container.getName())
                        && Containers.restarts(pod, container, newest, init);
    }

    private static String imageId(ContainerInfo container) {
        return container.imageId().startsWith("sha256:") ? "docker://" + container.imageId() : container.imageId();
    }

    private ContainerState current(ContainerInfo info) {
        return switch (info.phase()) {
            case CREATED -> waiting(new Waiting("ContainerCreating", ""));
            case RUNNING ->
                new ContainerStateBuilder()
                        .withNewRunning()
                        .withStartedAt(time(info.startedAt()))
                        .endRunning()
                        .build();
            case EXITED -> terminated(info);
        };
    }

    private ContainerState terminated(ContainerInfo info) {
        boolean startError = !info.error().isEmpty();
        int code = startError ? START_ERROR_CODE : info.exitCode();
        String reason = startError ? "StartError" : info.oomKilled() ? "OOMKilled" : code == 0 ? "Completed" : "Error";
        Instant finished = info.finishedAt() == null ? info.createdAt() : info.finishedAt();
        String message = state.messages().get(info.id());
        return new ContainerStateBuilder()
                .withTerminated(new ContainerStateTerminatedBuilder()
                        .withExitCode(code)
                        .withReason(reason)
                        .withMessage(message)
                        .withStartedAt(time(info.startedAt() == null ? Instant.EPOCH : info.startedAt()))
                        .withFinishedAt(time(finished))
                        .withContainerID("docker://" + info.id())
                        .build())
                .build();
    }

    private static ContainerState waiting(Waiting reason) {
        return new ContainerStateBuilder()
                .withNewWaiting()
                .withReason(reason.reason())
                .withMessage(reason.message().isEmpty() ? null : reason.message())
                .endWaiting()
                .build();
    }

    private ContainerStatus notYet(Container container, boolean init) {
        Waiting reason = waiting.get(container.getName());
        boolean behindInit = !init && !Containers.init(pod).isEmpty();
        var status = new ContainerStatusBuilder()
                .withName(container.getName())
                .withRestartCount(0)
                .withImage(container.getImage())
                .withImageID("")
                .withReady(false)
                .withStarted(false)
                .withLastState(new ContainerState());
        if (ended && reason == null) {
            return status.withState(unlocated(false)).build();
        }
        return status.withState(waiting(
                        reason != null
                                ? reason
                                : new Waiting(behindInit ? "PodInitializing" : "ContainerCreating", "")))
                .build();
    }

    /// Somebody removed the container; what was known of it is all there is.
    private ContainerStatus lost(Container container, ContainerStatus old) {
        if (old.getState() != null && old.getState().getTerminated() != null) {
            return old;
        }
        var builder = new ContainerStatusBuilder(old).withReady(false).withStarted(false);
        if (ended) {
            return builder.withState(unlocated(true)).build();
        }
        Waiting reason = waiting.get(container.getName());
        boolean ran = old.getState() != null && old.getState().getRunning() != null;
        return builder.withState(waiting(reason != null ? reason : new Waiting("ContainerCreating", "")))
                .withLastState(ran ? unlocated(true) : old.getLastState())
                .build();
    }

    private static ContainerState unlocated(boolean ran) {
        return new ContainerStateBuilder()
                .withTerminated(new ContainerStateTerminatedBuilder()
                        .withExitCode(STATUS_UNKNOWN_CODE)
                        .withReason("ContainerStatusUnknown")
                        .withMessage(
                                ran
                                        ? "The container could not be located when the pod was terminated"
                                        : "The container was not started before the pod was terminated")
                        .build())
                .build();
    }

    private Optional<ContainerStatus> old(String name, boolean init) {
        if (pod.getStatus() == null) {
            return Optional.empty();
        }
        Stream<ContainerStatus> statuses = init
                ? pod.getStatus().getInitContainerStatuses().stream()
                : Stream.concat(
                        pod.getStatus().getContainerStatuses().stream(),
                        pod.getStatus().getEphemeralContainerStatuses().stream());
        return statuses.filter(status -> name.equals(status.getName())).findFirst();
    }
}
