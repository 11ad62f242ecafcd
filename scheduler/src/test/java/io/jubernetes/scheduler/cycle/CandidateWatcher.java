package io.jubernetes.scheduler.cycle;

import io.jubernetes.scheduler.framework.Diagnosis;
import io.jubernetes.scheduler.framework.Extender;
import io.jubernetes.scheduler.framework.NodeInfo;
import io.jubernetes.scheduler.framework.PodInfo;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// An extender without an opinion that remembers which nodes fit a pod, and where room could have been made at whose
/// cost.
final class CandidateWatcher implements Extender {
    /// @param victims UIDs, the most important first
    record Seen(List<String> victims, long violations) {}

    /// By node.
    final Map<String, Seen> seen = new HashMap<>();

    /// The names of the nodes that fit.
    Set<String> offered = Set.of();

    @Override
    public String name() {
        return "watcher";
    }

    @Override
    public boolean isInterestedIn(PodInfo pod) {
        return true;
    }

    @Override
    public boolean binds() {
        return false;
    }

    @Override
    public List<NodeInfo> filter(PodInfo pod, List<NodeInfo> nodes, Diagnosis diagnosis) {
        offered = nodes.stream().map(NodeInfo::name).collect(Collectors.toCollection(TreeSet::new));
        return nodes;
    }

    @Override
    public long[] score(PodInfo pod, List<NodeInfo> nodes) {
        return new long[nodes.size()];
    }

    @Override
    public boolean preempts() {
        return true;
    }

    @Override
    public Map<String, List<PodInfo>> preempt(
            PodInfo pod, Map<String, List<PodInfo>> victimsByNode, Map<String, Long> violations) {
        victimsByNode.forEach((node, victims) -> seen.put(
                node,
                new Seen(victims.stream().map(PodInfo::uid).toList(), Objects.requireNonNull(violations.get(node)))));
        return victimsByNode;
    }

    @Override
    public void bind(PodInfo pod, String node) {
        throw new UnsupportedOperationException("it does not bind");
    }
}
