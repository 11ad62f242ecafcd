package io.jubernetes.scheduler.plugins;

import io.fabric8.kubernetes.api.model.Taint;
import io.jubernetes.common.scheduling.Tolerations;
import io.jubernetes.scheduler.framework.ClusterEvent.Action;
import io.jubernetes.scheduler.framework.ClusterEvent.Resource;
import io.jubernetes.scheduler.framework.CycleState;
import io.jubernetes.scheduler.framework.FilterPlugin;
import io.jubernetes.scheduler.framework.NodeInfo;
import io.jubernetes.scheduler.framework.NodeLocal;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.Verdict;
import io.jubernetes.scheduler.framework.Wakeup;
import java.util.List;
import java.util.Set;

/// A cordoned node takes only pods that tolerate that.
public final class NodeUnschedulable implements FilterPlugin, NodeLocal {
    private static final Verdict CORDONED = Verdict.never("node(s) were unschedulable");
    private static final Taint TAINT = new Taint("NoSchedule", "node.kubernetes.io/unschedulable", null, "");

    @Override
    public String name() {
        return "NodeUnschedulable";
    }

    @Override
    public Object signature(PodInfo pod) {
        return pod.tolerations();
    }

    @Override
    public Verdict filter(CycleState state, PodInfo pod, NodeInfo node) {
        return !node.isUnschedulable() || Tolerations.tolerates(pod.tolerations(), TAINT) ? Verdict.FITS : CORDONED;
    }

    @Override
    public List<Wakeup> wakeups() {
        return List.of(Wakeup.on(Resource.NODE, Set.of(Action.ADD, Action.UPDATE_UNSCHEDULABLE, Action.UPDATE_TAINTS)));
    }
}
