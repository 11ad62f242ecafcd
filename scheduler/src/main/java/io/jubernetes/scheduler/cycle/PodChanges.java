package io.jubernetes.scheduler.cycle;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.jubernetes.scheduler.framework.ClusterEvent.Action;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.Resources;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;

/// What of a pod's change matters to scheduling. A kubelet's report on a pod's life matters to no pod.
final class PodChanges {
    private PodChanges() {}

    static EnumSet<Action> between(Pod before, PodInfo after, Resources resources) {
        EnumSet<Action> actions = EnumSet.noneOf(Action.class);
        if (!Objects.equals(
                before.getMetadata().getLabels(), after.pod().getMetadata().getLabels())) {
            actions.add(Action.UPDATE_LABELS);
        }
        boolean specChanged = !Objects.equals(before.getSpec(), after.pod().getSpec());
        if (specChanged) {
            if (!before.getSpec().getTolerations().equals(after.tolerations())) {
                actions.add(Action.UPDATE_TOLERATIONS);
            }
            if (!before.getSpec()
                    .getSchedulingGates()
                    .equals(after.pod().getSpec().getSchedulingGates())) {
                actions.add(Action.UPDATE_GATES);
            }
        }
        if ((specChanged || !resized(before).equals(resized(after.pod()))) && asksForLess(before, after, resources)) {
            actions.add(Action.UPDATE_SCALE_DOWN);
        }
        if (!claims(before).equals(claims(after.pod()))) {
            actions.add(Action.UPDATE_GENERATED_CLAIMS);
        }
        if (specChanged && actions.isEmpty()) {
            actions.add(Action.UPDATE_OTHER);
        }
        return actions;
    }

    private static boolean asksForLess(Pod before, PodInfo after, Resources resources) {
        var old = PodInfo.of(before, resources).requests();
        for (int resource = 0; resource < old.length(); resource++) {
            if (old.of(resource) > after.requests().of(resource)) {
                return true;
            }
        }
        return false;
    }

    /// What the kubelet has set aside for the containers.
    private static List<Object> resized(Pod pod) {
        PodStatus status = pod.getStatus();
        return status == null
                ? List.of()
                : status.getContainerStatuses().stream()
                        .<Object>map(container -> List.of(
                                Objects.requireNonNullElse(container.getAllocatedResources(), ""),
                                Objects.requireNonNullElse(container.getResources(), "")))
                        .toList();
    }

    private static List<?> claims(Pod pod) {
        return pod.getStatus() == null ? List.of() : pod.getStatus().getResourceClaimStatuses();
    }
}
