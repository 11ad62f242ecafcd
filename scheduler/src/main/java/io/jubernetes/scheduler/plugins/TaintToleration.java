package io.jubernetes.scheduler.plugins;

import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.Toleration;
import io.jubernetes.common.scheduling.Tolerations;
import io.jubernetes.scheduler.framework.ClusterEvent.Action;
import io.jubernetes.scheduler.framework.ClusterEvent.Resource;
import io.jubernetes.scheduler.framework.CycleState;
import io.jubernetes.scheduler.framework.FilterPlugin;
import io.jubernetes.scheduler.framework.NodeInfo;
import io.jubernetes.scheduler.framework.NodeLocal;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.PreScorePlugin;
import io.jubernetes.scheduler.framework.ScorePlugin;
import io.jubernetes.scheduler.framework.Verdict;
import io.jubernetes.scheduler.framework.Wakeup;
import java.util.List;
import java.util.Set;

/// Keeps pods off nodes whose taints they do not tolerate, and prefers nodes with few taints to avoid.
public final class TaintToleration implements FilterPlugin, PreScorePlugin, ScorePlugin, NodeLocal {
    private static final Verdict UNTOLERATED = Verdict.never("node(s) had untolerated taint(s)");

    /// The tolerations that count for taints to avoid.
    private record Preferred(List<Toleration> tolerations) {}

    @Override
    public String name() {
        return "TaintToleration";
    }

    @Override
    public Object signature(PodInfo pod) {
        return pod.tolerations();
    }

    @Override
    public Verdict filter(CycleState state, PodInfo pod, NodeInfo node) {
        for (Taint taint : node.taints()) {
            boolean hard = "NoSchedule".equals(taint.getEffect()) || "NoExecute".equals(taint.getEffect());
            if (hard && !Tolerations.tolerates(pod.tolerations(), taint)) {
                return UNTOLERATED;
            }
        }
        return Verdict.FITS;
    }

    @Override
    public boolean preScore(CycleState state, PodInfo pod, List<NodeInfo> nodes) {
        state.put(
                Preferred.class,
                new Preferred(pod.tolerations().stream()
                        .filter(toleration -> toleration.getEffect() == null
                                || toleration.getEffect().isEmpty()
                                || toleration.getEffect().equals("PreferNoSchedule"))
                        .toList()));
        return true;
    }

    @Override
    public long score(CycleState state, PodInfo pod, NodeInfo node) {
        Preferred preferred = state.get(Preferred.class);
        List<Toleration> tolerations = preferred == null ? pod.tolerations() : preferred.tolerations();
        long untolerated = 0;
        for (Taint taint : node.taints()) {
            if ("PreferNoSchedule".equals(taint.getEffect()) && !Tolerations.tolerates(tolerations, taint)) {
                untolerated++;
            }
        }
        return untolerated;
    }

    @Override
    public void normalize(CycleState state, PodInfo pod, long[] scores) {
        ScorePlugin.spread(scores, true);
    }

    @Override
    public List<Wakeup> wakeups() {
        return List.of(Wakeup.on(Resource.NODE, Set.of(Action.ADD, Action.UPDATE_TAINTS)));
    }
}
