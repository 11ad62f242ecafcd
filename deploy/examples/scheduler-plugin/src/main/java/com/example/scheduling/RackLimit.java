package com.example.scheduling;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.scheduler.framework.ClusterEvent.Action;
import io.jubernetes.scheduler.framework.ClusterEvent.Resource;
import io.jubernetes.scheduler.framework.CycleState;
import io.jubernetes.scheduler.framework.FilterPlugin;
import io.jubernetes.scheduler.framework.NodeInfo;
import io.jubernetes.scheduler.framework.Plugin;
import io.jubernetes.scheduler.framework.PluginContext;
import io.jubernetes.scheduler.framework.PluginFactory;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.ScorePlugin;
import io.jubernetes.scheduler.framework.Verdict;
import io.jubernetes.scheduler.framework.Wakeup;
import java.util.List;
import java.util.Set;

/// Lets at most so many pods of a team (label `team`) onto one node, and prefers nodes with few of them.
public final class RackLimit implements FilterPlugin, ScorePlugin {
    private static final Verdict FULL = Verdict.notNow("node(s) had enough pods of the team");

    private final int limit;

    private RackLimit(int limit) {
        this.limit = limit;
    }

    @Override
    public String name() {
        return "RackLimit";
    }

    @Override
    public Verdict filter(CycleState state, PodInfo pod, NodeInfo node) {
        return ofTeam(pod, node) >= limit ? FULL : Verdict.FITS;
    }

    @Override
    public long score(CycleState state, PodInfo pod, NodeInfo node) {
        return ofTeam(pod, node);
    }

    @Override
    public void normalize(CycleState state, PodInfo pod, long[] scores) {
        ScorePlugin.spread(scores, true);
    }

    /// Only a pod that goes, or a new node, can help a pod that was turned down.
    @Override
    public List<Wakeup> wakeups() {
        return List.of(
                Wakeup.on(Resource.ASSIGNED_POD, Set.of(Action.DELETE)), Wakeup.on(Resource.NODE, Set.of(Action.ADD)));
    }

    private static long ofTeam(PodInfo pod, NodeInfo node) {
        String team = pod.labels().get("team");
        return team == null
                ? 0
                : node.pods().stream()
                        .filter(other -> team.equals(other.labels().get("team")))
                        .count();
    }

    /// Found by `ServiceLoader`; named in `META-INF/services`.
    public static final class Factory implements PluginFactory {
        @Override
        public String name() {
            return "RackLimit";
        }

        @Override
        public Plugin create(PluginContext context, JsonNode args) {
            int limit = args.path("podsPerNode").asInt(10);
            if (limit < 1) {
                throw new IllegalArgumentException("podsPerNode: must be at least 1");
            }
            return new RackLimit(limit);
        }
    }
}
