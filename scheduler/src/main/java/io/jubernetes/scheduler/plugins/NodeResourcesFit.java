package io.jubernetes.scheduler.plugins;

import io.jubernetes.scheduler.framework.ClusterEvent.Action;
import io.jubernetes.scheduler.framework.ClusterEvent.Resource;
import io.jubernetes.scheduler.framework.CycleState;
import io.jubernetes.scheduler.framework.FilterPlugin;
import io.jubernetes.scheduler.framework.NodeInfo;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.PodRequests;
import io.jubernetes.scheduler.framework.Resources;
import io.jubernetes.scheduler.framework.ScorePlugin;
import io.jubernetes.scheduler.framework.Verdict;
import io.jubernetes.scheduler.framework.Wakeup;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// A node must have room for what a pod asks for; of the nodes that have, the least used is best.
public final class NodeResourcesFit implements FilterPlugin, ScorePlugin {
    private final Resources resources;

    public NodeResourcesFit(Resources resources) {
        this.resources = resources;
    }

    @Override
    public String name() {
        return "NodeResourcesFit";
    }

    @Override
    public Verdict filter(CycleState state, PodInfo pod, NodeInfo node) {
        PodRequests requests = pod.requests();
        for (int resource = 0; resource < requests.length(); resource++) {
            if (isShort(requests, node, resource)) {
                return explain(requests, node);
            }
        }
        return Verdict.FITS;
    }

    /// A resource that is not asked for may be overdrawn.
    private static boolean isShort(PodRequests requests, NodeInfo node, int resource) {
        long wanted = requests.of(resource);
        return wanted > 0 && wanted > node.allocatable(resource) - node.requested(resource);
    }

    private Verdict explain(PodRequests requests, NodeInfo node) {
        var reasons = new ArrayList<String>();
        boolean never = false;
        if (isShort(requests, node, Resources.PODS)) {
            reasons.add("Too many pods");
        }
        for (int resource = 0; resource < requests.length(); resource++) {
            if (resource != Resources.PODS && isShort(requests, node, resource)) {
                reasons.add("Insufficient " + resources.name(resource));
                never |= requests.of(resource) > node.allocatable(resource);
            }
        }
        return never ? new Verdict.Never(List.copyOf(reasons)) : new Verdict.NotNow(List.copyOf(reasons));
    }

    @Override
    public long score(CycleState state, PodInfo pod, NodeInfo node) {
        return (leastUsed(pod, node, Resources.CPU) + leastUsed(pod, node, Resources.MEMORY))
                / Math.max(1, has(node, Resources.CPU) + has(node, Resources.MEMORY));
    }

    private static int has(NodeInfo node, int resource) {
        return node.allocatable(resource) > 0 ? 1 : 0;
    }

    private static long leastUsed(PodInfo pod, NodeInfo node, int resource) {
        long capacity = node.allocatable(resource);
        long used = node.nonZeroRequested(resource) + pod.requests().nonZero(resource);
        return capacity <= 0 || used > capacity ? 0 : (capacity - used) * MAX_SCORE / capacity;
    }

    @Override
    public List<Wakeup> wakeups() {
        return List.of(
                Wakeup.on(Resource.ASSIGNED_POD, Set.of(Action.DELETE, Action.UPDATE_SPEC)),
                Wakeup.on(Resource.UNSCHEDULED_POD, Set.of(Action.UPDATE_SPEC)),
                new Wakeup(
                        Resource.NODE,
                        Set.of(Action.ADD, Action.UPDATE_ALLOCATABLE),
                        (pod, _, after) ->
                                !(after instanceof io.fabric8.kubernetes.api.model.Node node) || couldHold(pod, node)));
    }

    /// Whether the pod would fit if the node were empty.
    private boolean couldHold(PodInfo pod, io.fabric8.kubernetes.api.model.Node node) {
        var allocatable = node.getStatus() == null ? null : node.getStatus().getAllocatable();
        for (int resource = 0; resource < pod.requests().length(); resource++) {
            long wanted = pod.requests().of(resource);
            if (wanted > 0) {
                var quantity = allocatable == null ? null : allocatable.get(resources.name(resource));
                if (quantity == null || Resources.amount(resource, quantity) < wanted) {
                    return false;
                }
            }
        }
        return true;
    }
}
