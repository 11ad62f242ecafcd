package io.jubernetes.kubelet.pod;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.PodReadinessGate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A pod's conditions: those the kubelet owns made anew, those of others kept. The time of the last change
/// moves only when a condition's status does.
final class PodConditions {
    private static final String RESIZE_PENDING = "PodResizePending";
    private static final String RESIZE_IN_PROGRESS = "PodResizeInProgress";
    private static final Set<String> OWNED = Set.of(
            "PodReadyToStartContainers",
            "Initialized",
            "Ready",
            "ContainersReady",
            "PodScheduled",
            RESIZE_PENDING,
            RESIZE_IN_PROGRESS);
    private static final String DISRUPTION = "DisruptionTarget";
    private static final String COMPLETED = "PodCompleted";

    private final Pod pod;
    private final Instant now;

    PodConditions(Pod pod, Instant now) {
        this.pod = pod;
        this.now = now;
    }

    /// The types of condition that only the kubelet sets.
    static Set<String> owned() {
        return OWNED;
    }

    private record Verdict(
            boolean status,
            @Nullable String reason,
            @Nullable String message) {
        static final Verdict TRUE = new Verdict(true, null, null);
    }

    /// @param disruption why the node ends the pod, if it does
    List<PodCondition> of(
            String phase,
            List<ContainerStatus> init,
            List<ContainerStatus> main,
            boolean sandboxReady,
            Optional<PodStatuses.Failure> disruption,
            PodStatuses.Resizing resizing) {
        Verdict containersReady = containersReady(phase, init, main);
        var result = new ArrayList<PodCondition>();
        result.add(condition("PodReadyToStartContainers", new Verdict(sandboxReady, null, null)));
        result.add(condition("Initialized", initialized(phase, init, main)));
        result.add(condition("Ready", ready(containersReady)));
        result.add(condition("ContainersReady", containersReady));
        result.add(condition("PodScheduled", Verdict.TRUE));
        resizing.pending()
                .ifPresent(pending ->
                        result.add(condition(RESIZE_PENDING, new Verdict(true, pending.reason(), pending.message()))));
        if (resizing.running()) {
            String error = resizing.error().orElse(null);
            result.add(condition(RESIZE_IN_PROGRESS, new Verdict(true, error == null ? null : "Error", error)));
        }
        disruption.ifPresent(failure ->
                result.add(condition(DISRUPTION, new Verdict(true, "TerminationByKubelet", failure.message()))));
        if (pod.getStatus() != null) {
            pod.getStatus().getConditions().stream()
                    .filter(condition -> !OWNED.contains(condition.getType()))
                    .filter(condition ->
                            disruption.isEmpty() || !condition.getType().equals(DISRUPTION))
                    .forEach(result::add);
        }
        return result;
    }

    private Verdict containersReady(String phase, List<ContainerStatus> init, List<ContainerStatus> main) {
        var unknown = new ArrayList<String>();
        var unready = new ArrayList<String>();
        for (Container container : Containers.init(pod)) {
            if (Containers.isSidecar(container)) {
                sort(container, init, unknown, unready);
            }
        }
        for (Container container : Containers.main(pod)) {
            sort(container, main, unknown, unready);
        }
        if (phase.equals(PodPhase.SUCCEEDED)) {
            return new Verdict(false, COMPLETED, null);
        }
        if (phase.equals(PodPhase.FAILED)) {
            return new Verdict(false, "PodFailed", null);
        }
        if (unknown.isEmpty() && unready.isEmpty()) {
            return Verdict.TRUE;
        }
        var parts = new ArrayList<String>();
        if (!unknown.isEmpty()) {
            parts.add("containers with unknown status: " + list(unknown));
        }
        if (!unready.isEmpty()) {
            parts.add("containers with unready status: " + list(unready));
        }
        return new Verdict(false, "ContainersNotReady", String.join(", ", parts));
    }

    private static void sort(
            Container container, List<ContainerStatus> statuses, List<String> unknown, List<String> unready) {
        Optional<ContainerStatus> status = statuses.stream()
                .filter(candidate -> candidate.getName().equals(container.getName()))
                .findFirst();
        if (status.isEmpty()) {
            unknown.add(container.getName());
        } else if (!Boolean.TRUE.equals(status.get().getReady())) {
            unready.add(container.getName());
        }
    }

    private Verdict ready(Verdict containersReady) {
        if (!containersReady.status()) {
            return containersReady;
        }
        var complaints = new ArrayList<String>();
        for (PodReadinessGate gate : pod.getSpec().getReadinessGates()) {
            Optional<PodCondition> condition = old(gate.getConditionType());
            if (condition.isEmpty()) {
                complaints.add("corresponding condition of pod readiness gate \"" + gate.getConditionType()
                        + "\" does not exist.");
            } else if (!"True".equals(condition.get().getStatus())) {
                complaints.add("the status of pod readiness gate \"" + gate.getConditionType()
                        + "\" is not \"True\", but " + condition.get().getStatus());
            }
        }
        return complaints.isEmpty()
                ? Verdict.TRUE
                : new Verdict(false, "ReadinessGatesNotReady", String.join(", ", complaints));
    }

    private Verdict initialized(String phase, List<ContainerStatus> init, List<ContainerStatus> main) {
        if (Containers.init(pod).isEmpty()) {
            return Verdict.TRUE;
        }
        if (phase.equals(PodPhase.SUCCEEDED)) {
            return new Verdict(true, COMPLETED, null);
        }
        // What has started its containers was initialized, whatever became of its init containers since.
        boolean started = main.stream()
                .anyMatch(status -> status.getContainerID() != null
                        && !status.getContainerID().isEmpty());
        var incomplete = new ArrayList<String>();
        for (ContainerStatus status : init) {
            boolean sidecar = Containers.init(pod).stream()
                    .anyMatch(container ->
                            container.getName().equals(status.getName()) && Containers.isSidecar(container));
            boolean done = sidecar ? Boolean.TRUE.equals(status.getStarted()) : Boolean.TRUE.equals(status.getReady());
            if (!done && !started) {
                incomplete.add(status.getName());
            }
        }
        return incomplete.isEmpty()
                ? Verdict.TRUE
                : new Verdict(
                        false, "ContainersNotInitialized", "containers with incomplete status: " + list(incomplete));
    }

    private static String list(List<String> names) {
        return "[" + String.join(" ", names) + "]";
    }

    private Optional<PodCondition> old(String type) {
        return pod.getStatus() == null
                ? Optional.empty()
                : pod.getStatus().getConditions().stream()
                        .filter(condition -> type.equals(condition.getType()))
                        .findFirst();
    }

    private PodCondition condition(String type, Verdict verdict) {
        String status = verdict.status() ? "True" : "False";
        Optional<PodCondition> old = old(type);
        boolean same = old.isPresent() && Objects.equals(old.get().getStatus(), status);
        return new PodConditionBuilder()
                .withType(type)
                .withStatus(status)
                .withReason(verdict.reason())
                .withMessage(verdict.message())
                .withObservedGeneration(pod.getMetadata().getGeneration())
                .withLastTransitionTime(same ? old.get().getLastTransitionTime() : ContainerStatuses.time(now))
                .build();
    }
}
