package io.jubernetes.scheduler.plugins;

import io.fabric8.kubernetes.api.model.NodeSelector;
import io.fabric8.kubernetes.api.model.NodeSelectorRequirement;
import io.fabric8.kubernetes.api.model.NodeSelectorTerm;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PreferredSchedulingTerm;
import io.jubernetes.common.scheduling.NodeSelectors;
import io.jubernetes.scheduler.framework.ClusterEvent.Action;
import io.jubernetes.scheduler.framework.ClusterEvent.Resource;
import io.jubernetes.scheduler.framework.CycleState;
import io.jubernetes.scheduler.framework.FilterPlugin;
import io.jubernetes.scheduler.framework.NodeInfo;
import io.jubernetes.scheduler.framework.Nodes;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.PreFilterPlugin;
import io.jubernetes.scheduler.framework.PreScorePlugin;
import io.jubernetes.scheduler.framework.ScorePlugin;
import io.jubernetes.scheduler.framework.Verdict;
import io.jubernetes.scheduler.framework.Wakeup;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// `nodeSelector` and node affinity, required and preferred.
public final class NodeAffinity implements PreFilterPlugin, FilterPlugin, PreScorePlugin, ScorePlugin {
    private static final Verdict MISMATCH = Verdict.never("node(s) didn't match Pod's node affinity/selector");
    private static final String NO_NODE_NAMED = "pod affinity terms conflict";

    @Override
    public String name() {
        return "NodeAffinity";
    }

    @Override
    public Outcome preFilter(CycleState state, PodInfo pod, Nodes nodes) {
        Map<String, String> labels = pod.pod().getSpec().getNodeSelector();
        Optional<NodeSelector> required = required(pod);
        if ((labels == null || labels.isEmpty()) && required.isEmpty()) {
            return new Outcome.Skip();
        }
        return required.flatMap(NodeAffinity::namedNodes)
                .map(names -> names.isEmpty()
                        ? new Outcome.Reject(Verdict.never(NO_NODE_NAMED))
                        : (Outcome) new Outcome.Only(names))
                .orElseGet(Outcome.Proceed::new);
    }

    @Override
    public Verdict filter(CycleState state, PodInfo pod, NodeInfo node) {
        Map<String, String> labels = pod.pod().getSpec().getNodeSelector();
        if (labels != null) {
            for (var label : labels.entrySet()) {
                if (!label.getValue().equals(node.labels().get(label.getKey()))) {
                    return MISMATCH;
                }
            }
        }
        return required(pod)
                .map(selector -> NodeSelectors.matches(selector, node.name(), node.labels()))
                .filter(matches -> !matches)
                .map(_ -> MISMATCH)
                .orElse(Verdict.FITS);
    }

    @Override
    public boolean preScore(CycleState state, PodInfo pod, List<NodeInfo> nodes) {
        return !preferred(pod).isEmpty();
    }

    @Override
    public long score(CycleState state, PodInfo pod, NodeInfo node) {
        long sum = 0;
        for (PreferredSchedulingTerm term : preferred(pod)) {
            if (term.getWeight() != 0 && NodeSelectors.matches(term.getPreference(), node.name(), node.labels())) {
                sum += term.getWeight();
            }
        }
        return sum;
    }

    @Override
    public void normalize(CycleState state, PodInfo pod, long[] scores) {
        ScorePlugin.spread(scores, false);
    }

    @Override
    public List<Wakeup> wakeups() {
        return List.of(Wakeup.on(Resource.NODE, Set.of(Action.ADD, Action.UPDATE_LABELS)));
    }

    private static Optional<NodeSelector> required(PodInfo pod) {
        PodSpec spec = pod.pod().getSpec();
        return Optional.ofNullable(spec.getAffinity())
                .flatMap(affinity -> Optional.ofNullable(affinity.getNodeAffinity()))
                .flatMap(affinity -> Optional.ofNullable(affinity.getRequiredDuringSchedulingIgnoredDuringExecution()));
    }

    private static List<PreferredSchedulingTerm> preferred(PodInfo pod) {
        PodSpec spec = pod.pod().getSpec();
        return spec.getAffinity() == null || spec.getAffinity().getNodeAffinity() == null
                ? List.of()
                : spec.getAffinity().getNodeAffinity().getPreferredDuringSchedulingIgnoredDuringExecution();
    }

    /// The nodes that the terms name one by one; empty when some term does not name nodes. A daemon's pods are of
    /// this kind, and need one look instead of one a node.
    private static Optional<Set<String>> namedNodes(NodeSelector selector) {
        var names = new HashSet<String>();
        for (NodeSelectorTerm term : selector.getNodeSelectorTerms()) {
            Set<String> ofTerm = null;
            for (NodeSelectorRequirement field : term.getMatchFields()) {
                if (field.getKey().equals("metadata.name")
                        && field.getOperator().equals("In")) {
                    if (ofTerm == null) {
                        ofTerm = new HashSet<>(field.getValues());
                    } else {
                        ofTerm.retainAll(field.getValues());
                    }
                }
            }
            if (ofTerm == null) {
                return Optional.empty();
            }
            names.addAll(ofTerm);
        }
        return Optional.of(names);
    }
}
