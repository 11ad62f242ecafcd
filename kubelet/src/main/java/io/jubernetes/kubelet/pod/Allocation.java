package io.jubernetes.kubelet.pod;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What a pod's containers were given, as opposed to what its spec asks for since. A pod that asks for more than the
/// node has keeps what it has until there is room. Only the pod's worker uses it.
final class Allocation {
    private final Admission admission;
    /// By container; null before the first look.
    private @Nullable Map<String, ResourceRequirements> given;

    private Optional<Pending> pending = Optional.empty();

    /// Why a wish is not granted.
    ///
    /// @param reason `Deferred` when it may be later, `Infeasible` when it never will
    record Pending(String reason, String message) {}

    Allocation(Admission admission) {
        this.admission = admission;
    }

    /// Why the pod's last wish is not granted.
    Optional<Pending> pending() {
        return pending;
    }

    /// The pod as it is to be run: with the resources that it was given, or is given now.
    Pod apply(Pod wanted, PodState state) {
        Map<String, ResourceRequirements> before = given;
        if (before == null) {
            before = remembered(wanted, state);
        }
        given = before;
        if (same(wanted, before)) {
            pending = Optional.empty();
            return wanted;
        }
        pending = admission.resize(wanted);
        if (pending.isEmpty()) {
            given = wishes(wanted);
            return wanted;
        }
        return with(wanted, before);
    }

    /// After a restart of the kubelet the API remembers what running containers were given.
    private static Map<String, ResourceRequirements> remembered(Pod pod, PodState state) {
        Map<String, ResourceRequirements> result = wishes(pod);
        if (pod.getStatus() == null) {
            return result;
        }
        for (List<ContainerStatus> statuses : List.of(
                pod.getStatus().getInitContainerStatuses(), pod.getStatus().getContainerStatuses())) {
            for (ContainerStatus status : statuses) {
                boolean runs = state.newest(status.getName())
                        .filter(container -> container.running())
                        .isPresent();
                if (runs && status.getAllocatedResources() != null && status.getResources() != null) {
                    result.computeIfPresent(
                            status.getName(),
                            (_, own) -> new ResourceRequirementsBuilder(own)
                                    .withRequests(status.getAllocatedResources())
                                    .withLimits(status.getResources().getLimits())
                                    .build());
                }
            }
        }
        return result;
    }

    private static Map<String, ResourceRequirements> wishes(Pod pod) {
        Map<String, ResourceRequirements> result = new HashMap<>();
        for (Container container : Containers.all(pod)) {
            result.put(
                    container.getName(),
                    Objects.requireNonNullElseGet(container.getResources(), ResourceRequirements::new));
        }
        return result;
    }

    private static boolean same(Pod pod, Map<String, ResourceRequirements> given) {
        for (var wish : wishes(pod).entrySet()) {
            ResourceRequirements has = given.get(wish.getKey());
            // A container that came later was given what it asked for.
            if (has != null && !equal(has, wish.getValue())) {
                return false;
            }
        }
        return true;
    }

    private static boolean equal(ResourceRequirements a, ResourceRequirements b) {
        return amounts(a.getRequests()).equals(amounts(b.getRequests()))
                && amounts(a.getLimits()).equals(amounts(b.getLimits()));
    }

    private static Map<String, io.fabric8.kubernetes.api.model.Quantity> amounts(
            @Nullable Map<String, io.fabric8.kubernetes.api.model.Quantity> amounts) {
        return amounts == null ? Map.of() : amounts;
    }

    private static Pod with(Pod pod, Map<String, ResourceRequirements> given) {
        return pod.toBuilder()
                .editSpec()
                .withContainers(with(pod.getSpec().getContainers(), given))
                .withInitContainers(with(pod.getSpec().getInitContainers(), given))
                .endSpec()
                .build();
    }

    private static List<Container> with(List<Container> containers, Map<String, ResourceRequirements> given) {
        return containers.stream()
                .map(container -> {
                    ResourceRequirements own = given.get(container.getName());
                    return own == null
                            ? container
                            : new ContainerBuilder(container).withResources(own).build();
                })
                .toList();
    }
}
