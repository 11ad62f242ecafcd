package io.jubernetes.kubelet.pod;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.HostIP;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodIP;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.jubernetes.kubelet.container.Resources;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A pod's whole status: a pure function of the pod, what runs of it, and why the rest does not.
final class PodStatuses {
    private PodStatuses() {}

    /// Why a pod was ended as failed.
    ///
    /// @param disruption whether its conditions say that the node disrupted it
    record Failure(String reason, String message, boolean disruption) {}

    /// How far a change of a pod's resources is.
    ///
    /// @param pending why it has not begun
    /// @param running whether it has begun and is not done
    /// @param error what holds it up
    record Resizing(Optional<Allocation.Pending> pending, boolean running, Optional<String> error) {
        static final Resizing NONE = new Resizing(Optional.empty(), false, Optional.empty());
    }

    /// What a status is made from.
    ///
    /// @param pod with the status as last stored
    /// @param waiting by container name
    /// @param ended whether nothing runs any more and nothing will
    /// @param failure why the kubelet ended it
    /// @param resizing how far a change of its resources is
    /// @param startTime when this kubelet first took note of it
    record Input(
            Pod pod,
            PodState state,
            HealthSource health,
            Map<String, Waiting> waiting,
            boolean ended,
            Optional<Failure> failure,
            Resizing resizing,
            List<String> hostIps,
            Instant startTime,
            Instant now) {}

    static PodStatus of(Input input) {
        Pod pod = input.pod();
        PodStatus old = pod.getStatus() == null ? new PodStatus() : pod.getStatus();
        var containers = new ContainerStatuses(pod, input.state(), input.health(), input.waiting(), input.ended());
        List<ContainerStatus> init = containers.init();
        List<ContainerStatus> main = containers.main();
        String phase = phase(input, old, init, main);
        boolean sandboxReady = input.state().sandbox().isPresent();
        boolean hostNetwork = Boolean.TRUE.equals(pod.getSpec().getHostNetwork());
        List<String> podIps = hostNetwork
                ? (sandboxReady || old.getPodIP() != null ? input.hostIps() : List.of())
                : input.state().podIps();
        if (podIps.isEmpty() && old.getPodIPs() != null && (input.ended() || PodPhase.isTerminal(phase))) {
            podIps = old.getPodIPs().stream().map(PodIP::getIp).toList();
        }
        var builder = new PodStatusBuilder()
                .withPhase(phase)
                .withObservedGeneration(pod.getMetadata().getGeneration())
                .withConditions(new PodConditions(pod, input.now())
                        .of(
                                phase,
                                init,
                                main,
                                sandboxReady,
                                input.failure().filter(Failure::disruption),
                                input.resizing()))
                .withInitContainerStatuses(init)
                .withContainerStatuses(main)
                .withEphemeralContainerStatuses(containers.ephemeral())
                .withHostIP(input.hostIps().isEmpty() ? null : input.hostIps().getFirst())
                .withHostIPs(input.hostIps().stream().map(HostIP::new).toList())
                .withPodIP(podIps.isEmpty() ? null : podIps.getFirst())
                .withPodIPs(podIps.stream().map(PodIP::new).toList())
                .withQosClass(old.getQosClass() == null ? Resources.qos(pod).text() : old.getQosClass())
                .withStartTime(
                        old.getStartTime() == null ? ContainerStatuses.time(input.startTime()) : old.getStartTime())
                .withNominatedNodeName(old.getNominatedNodeName())
                .withResourceClaimStatuses(old.getResourceClaimStatuses());
        // Not before the end: a failed pod must not hold resources any more.
        input.failure()
                .filter(_ -> input.ended())
                .ifPresentOrElse(failure -> builder.withReason(failure.reason()).withMessage(failure.message()), () -> {
                    if (PodPhase.isTerminal(phase)) {
                        builder.withReason(old.getReason()).withMessage(old.getMessage());
                    }
                });
        return builder.build();
    }

    private static String phase(Input input, PodStatus old, List<ContainerStatus> init, List<ContainerStatus> main) {
        // A pod that has come to its end stays there.
        if (old.getPhase() != null && PodPhase.isTerminal(old.getPhase())) {
            return old.getPhase();
        }
        if (input.failure().isPresent() && input.ended()) {
            return PodPhase.FAILED;
        }
        return PodPhase.of(input.pod(), init, main, input.ended());
    }

    /// The pod with what its worker said last, which is newer than what the source has but for the conditions
    /// that others own.
    static Pod withNewer(Pod pod, @Nullable PodStatus own) {
        if (own == null) {
            return pod;
        }
        var builder = own.toBuilder();
        if (pod.getStatus() != null) {
            var owned = PodConditions.owned();
            builder.withConditions(own.getConditions().stream()
                    .filter(condition -> owned.contains(condition.getType()))
                    .toList());
            pod.getStatus().getConditions().stream()
                    .filter(condition -> !owned.contains(condition.getType()))
                    .forEach(builder::addToConditions);
        }
        return pod.toBuilder().withStatus(builder.build()).build();
    }
}
