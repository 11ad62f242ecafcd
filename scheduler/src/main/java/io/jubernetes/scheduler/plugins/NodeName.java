package io.jubernetes.scheduler.plugins;

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

/// A pod that names its node goes nowhere else.
public final class NodeName implements FilterPlugin, NodeLocal {
    private static final Verdict OTHER = Verdict.never("node(s) didn't match the requested node name");

    @Override
    public String name() {
        return "NodeName";
    }

    @Override
    public Object signature(PodInfo pod) {
        return pod.nodeName();
    }

    @Override
    public Verdict filter(CycleState state, PodInfo pod, NodeInfo node) {
        return pod.nodeName().map(node.name()::equals).orElse(true) ? Verdict.FITS : OTHER;
    }

    @Override
    public List<Wakeup> wakeups() {
        return List.of(Wakeup.on(Resource.NODE, Set.of(Action.ADD)));
    }
}
