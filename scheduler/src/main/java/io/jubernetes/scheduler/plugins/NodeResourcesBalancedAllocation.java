package io.jubernetes.scheduler.plugins;

import io.jubernetes.scheduler.framework.CycleState;
import io.jubernetes.scheduler.framework.NodeInfo;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.PreScorePlugin;
import io.jubernetes.scheduler.framework.Resources;
import io.jubernetes.scheduler.framework.ScorePlugin;
import java.util.List;

/// Prefers nodes on which CPU and memory would be used to the same degree.
public final class NodeResourcesBalancedAllocation implements PreScorePlugin, ScorePlugin {
    @Override
    public String name() {
        return "NodeResourcesBalancedAllocation";
    }

    /// A pod that asks for nothing changes no balance.
    @Override
    public boolean preScore(CycleState state, PodInfo pod, List<NodeInfo> nodes) {
        return pod.requests().of(Resources.CPU) > 0 || pod.requests().of(Resources.MEMORY) > 0;
    }

    @Override
    public long score(CycleState state, PodInfo pod, NodeInfo node) {
        double cpu = fraction(pod, node, Resources.CPU);
        double memory = fraction(pod, node, Resources.MEMORY);
        if (cpu < 0 || memory < 0) {
            return MAX_SCORE;
        }
        double deviation = Math.abs(cpu - memory) / 2;
        return (long) ((1 - deviation) * MAX_SCORE);
    }

    private static double fraction(PodInfo pod, NodeInfo node, int resource) {
        long capacity = node.allocatable(resource);
        if (capacity <= 0) {
            return -1;
        }
        double used = (double) (node.requested(resource) + pod.requests().of(resource));
        return Math.min(1, used / capacity);
    }
}
