package io.jubernetes.scheduler.plugins;

import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.scheduler.framework.ClusterEvent.Action;
import io.jubernetes.scheduler.framework.ClusterEvent.Resource;
import io.jubernetes.scheduler.framework.CycleState;
import io.jubernetes.scheduler.framework.FilterPlugin;
import io.jubernetes.scheduler.framework.HostPort;
import io.jubernetes.scheduler.framework.NodeInfo;
import io.jubernetes.scheduler.framework.NodeLocal;
import io.jubernetes.scheduler.framework.Nodes;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.PreFilterPlugin;
import io.jubernetes.scheduler.framework.Verdict;
import io.jubernetes.scheduler.framework.Wakeup;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Two pods cannot have the same host port of a node.
public final class NodePorts implements PreFilterPlugin, FilterPlugin, NodeLocal {
    private static final Verdict TAKEN = Verdict.notNow("node(s) didn't have free ports for the requested pod ports");

    @Override
    public String name() {
        return "NodePorts";
    }

    @Override
    public Outcome preFilter(CycleState state, PodInfo pod, Nodes nodes) {
        return pod.hostPorts().isEmpty() ? new Outcome.Skip() : new Outcome.Proceed();
    }

    @Override
    public Object signature(PodInfo pod) {
        return pod.hostPorts();
    }

    @Override
    public Verdict filter(CycleState state, PodInfo pod, NodeInfo node) {
        for (HostPort wanted : pod.hostPorts()) {
            for (HostPort used : node.usedPorts()) {
                if (wanted.conflicts(used)) {
                    return TAKEN;
                }
            }
        }
        return Verdict.FITS;
    }

    private static boolean frees(PodInfo pod, @Nullable Object before, @Nullable Object after) {
        return !(before instanceof Pod gone)
                || PodInfo.hostPorts(gone.getSpec()).stream()
                        .anyMatch(freed -> pod.hostPorts().stream().anyMatch(freed::conflicts));
    }

    @Override
    public List<Wakeup> wakeups() {
        return List.of(
                new Wakeup(Resource.ASSIGNED_POD, Set.of(Action.DELETE), NodePorts::frees),
                Wakeup.on(Resource.NODE, Set.of(Action.ADD)));
    }
}
