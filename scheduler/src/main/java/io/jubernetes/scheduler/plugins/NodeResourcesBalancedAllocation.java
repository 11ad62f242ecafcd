package io.jubernetes.scheduler.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.scheduler.framework.CycleState;
import io.jubernetes.scheduler.framework.NodeInfo;
import io.jubernetes.scheduler.framework.NodeLocal;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.PreScorePlugin;
import io.jubernetes.scheduler.framework.Resources;
import io.jubernetes.scheduler.framework.ScorePlugin;
import java.util.List;

/// Prefers nodes on which all resources, CPU and memory by default, would be used to the same degree.
public final class NodeResourcesBalancedAllocation implements PreScorePlugin, ScorePlugin, NodeLocal {
    private final ScoredResources scored;

    public NodeResourcesBalancedAllocation(Resources resources, JsonNode args) {
        scored = ScoredResources.of(args.path("resources"), resources);
    }

    @Override
    public String name() {
        return "NodeResourcesBalancedAllocation";
    }

    @Override
    public Object signature(PodInfo pod) {
        return pod.requests();
    }

    /// A pod that asks for nothing changes no balance.
    @Override
    public boolean preScore(CycleState state, PodInfo pod, List<NodeInfo> nodes) {
        for (int resource : scored.numbers()) {
            if (pod.requests().of(resource) > 0) {
                return true;
            }
        }
        return false;
    }

    @Override
    public long score(CycleState state, PodInfo pod, NodeInfo node) {
        double[] fractions = new double[scored.numbers().length];
        int count = 0;
        double sum = 0;
        for (int resource : scored.numbers()) {
            long capacity = node.allocatable(resource);
            long asked = pod.requests().of(resource);
            if (capacity > 0 && (asked > 0 || ScoredResources.isBasic(resource))) {
                fractions[count] = Math.min(1, (double) (node.requested(resource) + asked) / capacity);
                sum += fractions[count++];
            }
        }
        return (long) ((1 - deviation(fractions, count, sum / count)) * MAX_SCORE);
    }

    private static double deviation(double[] fractions, int count, double mean) {
        if (count <= 2) {
            return count < 2 ? 0 : Math.abs((fractions[0] - fractions[1]) / 2);
        }
        double squares = 0;
        for (int i = 0; i < count; i++) {
            squares += (fractions[i] - mean) * (fractions[i] - mean);
        }
        return Math.sqrt(squares / count);
    }
}
