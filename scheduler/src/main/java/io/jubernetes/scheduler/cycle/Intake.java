package io.jubernetes.scheduler.cycle;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.scheduler.framework.ClusterEvent;
import io.jubernetes.scheduler.framework.ClusterEvent.Action;
import io.jubernetes.scheduler.framework.ClusterEvent.Resource;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.queue.SchedulingQueue;
import io.jubernetes.scheduler.snapshot.NodeTable;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Takes in what the watches tell: keeps the node table and the queue current and wakes the pods that a change may
/// help. Used by the scheduling thread.
final class Intake {
    private final NodeTable nodes;
    private final Set<String> schedulerNames;
    private final SchedulingQueue queue;
    private final AssumedPods assumed;
    private final Nominator nominations;
    private final WaitingPods held;
    private final SchedulerMetrics metrics;

    Intake(
            NodeTable nodes,
            Set<String> schedulerNames,
            SchedulingQueue queue,
            AssumedPods assumed,
            Nominator nominations,
            WaitingPods held,
            SchedulerMetrics metrics) {
        this.nodes = nodes;
        this.schedulerNames = Set.copyOf(schedulerNames);
        this.queue = queue;
        this.assumed = assumed;
        this.nominations = nominations;
        this.held = held;
        this.metrics = metrics;
    }

    /// Wakes the pods that an event may help.
    void happened(ClusterEvent event) {
        metrics.incoming("active", event.label(), queue.onEvent(event));
    }

    /// Something changed that is neither a pod nor a node.
    void changed(Resource resource, @Nullable Object before, @Nullable Object after) {
        happened(ClusterEvent.of(resource, before, after));
    }

    void podChanged(@Nullable Pod before, @Nullable Pod after) {
        if (before != null && after != null && !uid(before).equals(uid(after))) {
            podChanged(before, null);
            podChanged(null, after);
            return;
        }
        if (after == null || isFinished(after)) {
            Pod gone = before == null ? after : before;
            if (gone != null) {
                podGone(gone);
            }
            return;
        }
        PodInfo pod = PodInfo.of(after, nodes.resources());
        Optional<String> node = pod.nodeName();
        if (node.isPresent()) {
            podHasNode(before, pod, node.get());
        } else if (pod.isTerminating()) {
            queue.remove(pod.uid());
            nominations.remove(pod.uid());
        } else if (schedulerNames.contains(pod.schedulerName()) && !assumed.contains(pod.uid())) {
            podWaits(before, pod);
        }
    }

    private void podWaits(@Nullable Pod before, PodInfo pod) {
        String nominated = nominated(pod.pod());
        if (!nominated.isEmpty()) {
            nominations.put(nominated, pod);
        } else if (before != null && !nominated(before).isEmpty()) {
            nominations.remove(pod.uid());
        }
        if (before == null) {
            metrics.incoming("active", "UnscheduledPodAdd", 1);
            queue.put(pod, true);
            return;
        }
        EnumSet<Action> actions = PodChanges.between(before, pod, nodes.resources());
        var event = new ClusterEvent(Resource.UNSCHEDULED_POD, actions, before, pod.pod());
        queue.put(pod, !actions.isEmpty() && queue.mayHelp(pod.uid(), event));
    }

    private void podHasNode(@Nullable Pod before, PodInfo pod, String node) {
        assumed.confirm(pod.uid(), node);
        queue.remove(pod.uid());
        nominations.remove(pod.uid());
        nodes.putPod(node, pod);
        if (before == null || isUnassigned(before)) {
            happened(new ClusterEvent(Resource.ASSIGNED_POD, Set.of(Action.ADD), null, pod.pod()));
            return;
        }
        EnumSet<Action> actions = PodChanges.between(before, pod, nodes.resources());
        if (!actions.isEmpty()) {
            happened(new ClusterEvent(Resource.ASSIGNED_POD, actions, before, pod.pod()));
        }
    }

    private void podGone(Pod gone) {
        queue.remove(uid(gone));
        nominations.remove(uid(gone));
        held.refuse(uid(gone), "the pod was deleted");
        boolean freed = assumed.forget(uid(gone));
        if (!isUnassigned(gone)) {
            nodes.removePod(gone.getSpec().getNodeName(), uid(gone));
            freed = true;
        }
        if (freed) {
            happened(new ClusterEvent(Resource.ASSIGNED_POD, Set.of(Action.DELETE), gone, null));
        }
    }

    void nodeChanged(@Nullable Node before, @Nullable Node after) {
        if (after == null) {
            if (before != null) {
                nodes.removeNode(before.getMetadata().getName());
                happened(new ClusterEvent(Resource.NODE, Set.of(Action.DELETE), before, null));
            }
            return;
        }
        nodes.putNode(after);
        EnumSet<Action> actions = before == null ? EnumSet.of(Action.ADD) : NodeChanges.between(before, after);
        if (!actions.isEmpty()) {
            happened(new ClusterEvent(Resource.NODE, actions, before, after));
        }
    }

    private static String nominated(Pod pod) {
        String node = pod.getStatus() == null ? null : pod.getStatus().getNominatedNodeName();
        return node == null ? "" : node;
    }

    private static boolean isFinished(Pod pod) {
        String phase = pod.getStatus() == null ? null : pod.getStatus().getPhase();
        return "Succeeded".equals(phase) || "Failed".equals(phase);
    }

    private static boolean isUnassigned(Pod pod) {
        String node = pod.getSpec().getNodeName();
        return node == null || node.isEmpty();
    }

    private static String uid(Pod pod) {
        return pod.getMetadata().getUid();
    }
}
