package io.jubernetes.scheduler.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeSelector;
import io.fabric8.kubernetes.api.model.NodeSelectorRequirement;
import io.fabric8.kubernetes.api.model.NodeSelectorTerm;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PreferredSchedulingTerm;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.scheduling.NodeSelectors;
import io.jubernetes.scheduler.framework.ClusterEvent.Action;
import io.jubernetes.scheduler.framework.ClusterEvent.Resource;
import io.jubernetes.scheduler.framework.CycleState;
import io.jubernetes.scheduler.framework.FilterPlugin;
import io.jubernetes.scheduler.framework.NodeInfo;
import io.jubernetes.scheduler.framework.NodeLocal;
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
import org.jspecify.annotations.Nullable;

/// `nodeSelector` and node affinity, required and preferred.
public final class NodeAffinity implements PreFilterPlugin, FilterPlugin, PreScorePlugin, ScorePlugin, NodeLocal {
    private static final Verdict NOT_ADDED = Verdict.never("node(s) didn't match scheduler-enforced node affinity");
    private static final Verdict MISMATCH = Verdict.never("node(s) didn't match Pod's node affinity/selector");
    private static final String NO_NODE_NAMED = "pod affinity terms conflict";

    private final @Nullable NodeSelector addedRequired;
    private final List<PreferredSchedulingTerm> addedPreferred;

    private record Signature(
            @Nullable Map<String, String> labels,
            @Nullable NodeSelector required,
            List<PreferredSchedulingTerm> preferred) {}

    /// @param args `addedAffinity` holds for every pod of the profile
    public NodeAffinity(JsonNode args) {
        JsonNode given = args.path("addedAffinity");
        io.fabric8.kubernetes.api.model.NodeAffinity added = given.isObject()
                ? Json.as(given, io.fabric8.kubernetes.api.model.NodeAffinity.class)
                : new io.fabric8.kubernetes.api.model.NodeAffinity();
        addedRequired = added.getRequiredDuringSchedulingIgnoredDuringExecution();
        addedPreferred = added.getPreferredDuringSchedulingIgnoredDuringExecution();
    }

    @Override
    public String name() {
        return "NodeAffinity";
    }

    @Override
    public Object signature(PodInfo pod) {
        return new Signature(
                pod.pod().getSpec().getNodeSelector(), required(pod).orElse(null), preferred(pod));
    }

    @Override
    public Outcome preFilter(CycleState state, PodInfo pod, Nodes nodes) {
        Map<String, String> labels = pod.pod().getSpec().getNodeSelector();
        Optional<NodeSelector> required = required(pod);
        if (addedRequired == null && (labels == null || labels.isEmpty()) && required.isEmpty()) {
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
        if (addedRequired != null && !NodeSelectors.matches(addedRequired, node.name(), node.labels())) {
            return NOT_ADDED;
        }
        return matches(pod.pod().getSpec().getNodeSelector(), required(pod).orElse(null), node)
                ? Verdict.FITS
                : MISMATCH;
    }

    /// Whether a node has the labels that a pod selects and satisfies the affinity it requires; null is for none.
    public static boolean matches(
            @Nullable Map<String, String> labels, @Nullable NodeSelector required, NodeInfo node) {
        if (labels != null) {
            for (var label : labels.entrySet()) {
                if (!label.getValue().equals(node.labels().get(label.getKey()))) {
                    return false;
                }
            }
        }
        return required == null || NodeSelectors.matches(required, node.name(), node.labels());
    }

    @Override
    public boolean preScore(CycleState state, PodInfo pod, List<NodeInfo> nodes) {
        return !preferred(pod).isEmpty() || !addedPreferred.isEmpty();
    }

    @Override
    public long score(CycleState state, PodInfo pod, NodeInfo node) {
        return weigh(preferred(pod), node) + weigh(addedPreferred, node);
    }

    private static long weigh(List<PreferredSchedulingTerm> terms, NodeInfo node) {
        long sum = 0;
        for (PreferredSchedulingTerm term : terms) {
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
        return List.of(new Wakeup(Resource.NODE, Set.of(Action.ADD, Action.UPDATE_LABELS), NodeAffinity::nodeHelps));
    }

    private static boolean nodeHelps(PodInfo pod, @Nullable Object before, @Nullable Object after) {
        return !(after instanceof Node node)
                || matches(pod, node) && !(before instanceof Node old && matches(pod, old));
    }

    private static boolean matches(PodInfo pod, Node node) {
        Map<String, String> wanted = pod.pod().getSpec().getNodeSelector();
        Map<String, String> labels = node.getMetadata().getLabels() == null
                ? Map.of()
                : node.getMetadata().getLabels();
        return (wanted == null || labels.entrySet().containsAll(wanted.entrySet()))
                && required(pod)
                        .map(selector -> NodeSelectors.matches(
                                selector, node.getMetadata().getName(), labels))
                        .orElse(true);
    }

    /// What node affinity a pod requires, if any.
    public static Optional<NodeSelector> required(PodInfo pod) {
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
