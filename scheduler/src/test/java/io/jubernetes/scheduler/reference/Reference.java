package io.jubernetes.scheduler.reference;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.TopologySpreadConstraint;
import io.jubernetes.scheduler.framework.Verdict;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Decides on one pod at a time by the plugins of the default profile.
public final class Reference {
    public final Picture picture;

    /// Pods for which room is made, by UID.
    public final Map<String, Nominated> nominated = new LinkedHashMap<>();

    private final List<Weighted> rules;

    /// @param weight of the scores
    private record Weighted(Rules rules, int weight) {}

    /// A pod for which room is made on a node.
    public record Nominated(Pod pod, String node) {}

    /// Pods that would have to go.
    ///
    /// @param pods the most important first
    /// @param violations how many of them a budget protects
    public record Victims(List<Pod> pods, long violations) {}

    /// What is decided about a pod.
    ///
    /// @param feasible the nodes to choose from
    /// @param totals their scores
    /// @param verdicts of all nodes
    /// @param message why there is none, without what making room came to
    /// @param candidates where room could be made
    public record Decision(
            Map<String, Verdict> verdicts,
            List<Node> feasible,
            Map<String, Long> totals,
            String message,
            Map<String, Victims> candidates) {
        /// The node on which room is made; empty for none.
        public String nominated() {
            return PreemptionRules.best(candidates)
                    .flatMap(best -> candidates.entrySet().stream()
                            .filter(each -> each.getValue().equals(best))
                            .map(Map.Entry::getKey)
                            .findFirst())
                    .orElse("");
        }
    }

    /// @param strategy of NodeResourcesFit
    /// @param balanced the resources of NodeResourcesBalancedAllocation
    /// @param spreading the defaults of PodTopologySpread; null for those built in
    Reference(
            Picture picture,
            ResourceRules.Strategy strategy,
            List<String> balanced,
            @Nullable List<TopologySpreadConstraint> spreading) {
        this.picture = picture;
        rules = List.of(
                new Weighted(new NodeRules.Schedulable(), 0),
                new Weighted(new NodeRules.Taints(), 3),
                new Weighted(new NodeRules.Affinity(), 2),
                new Weighted(new NodeRules.Ports(), 0),
                new Weighted(new ResourceRules.Fit(strategy), 1),
                new Weighted(new VolumeRules(), 0),
                new Weighted(new SpreadRules(spreading), 2),
                new Weighted(new AffinityRules(), 2),
                new Weighted(new DeviceRules(), 2),
                new Weighted(new ResourceRules.Balance(balanced), 1),
                new Weighted(new NodeRules.Images(), 1));
    }

    /// @param preempting whether room is being made for the pod already
    public Decision decide(Pod pod, boolean preempting) {
        String none = "0/" + picture.nodes.size() + " nodes are available: ";
        Optional<String> rejection = rejection(picture, pod);
        if (rejection.isPresent()) {
            return new Decision(Map.of(), List.of(), Map.of(), none + rejection.get() + ".", Map.of());
        }
        Map<Node, Verdict> verdicts = new LinkedHashMap<>();
        picture.nodes.values().forEach(node -> verdicts.put(node, verdict(picture, pod, node)));
        Map<String, Verdict> named = new TreeMap<>();
        verdicts.forEach((node, verdict) -> named.put(Picture.name(node), verdict));
        List<Node> feasible = verdicts.keySet().stream()
                .filter(node -> verdicts.get(node) instanceof Verdict.Fits)
                .toList();
        Nominated before = nominated.get(pod.getMetadata().getUid());
        Optional<Node> kept = feasible.stream()
                .filter(node -> before != null && before.node.equals(Picture.name(node)))
                .findFirst();
        if (!feasible.isEmpty()) {
            List<Node> choice = kept.map(List::of).orElse(feasible);
            return new Decision(named, choice, totals(pod, choice), "", Map.of());
        }
        Map<String, Integer> reasons = new TreeMap<>();
        verdicts.values().forEach(verdict -> verdict.why().forEach(reason -> reasons.merge(reason, 1, Integer::sum)));
        List<String> counted = reasons.entrySet().stream()
                .map(reason -> reason.getValue() + " " + reason.getKey())
                .sorted()
                .toList();
        Map<String, Victims> candidates = new TreeMap<>();
        if (!preempting && !"Never".equals(pod.getSpec().getPreemptionPolicy())) {
            verdicts.forEach((node, verdict) -> {
                if (PreemptionRules.mayHelp(verdict)) {
                    PreemptionRules.victims(this, pod, node)
                            .ifPresent(victims -> candidates.put(Picture.name(node), victims));
                }
            });
        }
        return new Decision(named, List.of(), Map.of(), none + String.join(", ", counted) + ".", candidates);
    }

    private Optional<String> rejection(Picture of, Pod pod) {
        return rules.stream()
                .flatMap(each -> each.rules.rejects(of, pod).stream())
                .findFirst();
    }

    boolean fits(Picture of, Pod pod, Node node) {
        return verdict(of, pod, node) instanceof Verdict.Fits;
    }

    /// The pods that room is made for on the node count, and the pod must fit without them as well.
    private Verdict verdict(Picture of, Pod pod, Node node) {
        List<Pod> ahead = new ArrayList<>();
        for (Nominated each : nominated.values()) {
            if (each.node.equals(Picture.name(node))
                    && PreemptionRules.priority(each.pod) >= PreemptionRules.priority(pod)
                    && !each.pod.getMetadata().getUid().equals(pod.getMetadata().getUid())) {
                ahead.add(each.pod);
            }
        }
        Verdict beside = ahead.isEmpty() ? Verdict.FITS : filter(of.with(ahead, node), pod, node);
        return beside instanceof Verdict.Fits ? filter(of, pod, node) : beside;
    }

    private Verdict filter(Picture of, Pod pod, Node node) {
        if (NodeRules.isLeftOut(pod, node)) {
            return Verdict.never(NodeRules.NARROWED);
        }
        return rules.stream()
                .map(each -> each.rules.filter(of, pod, node))
                .filter(verdict -> !(verdict instanceof Verdict.Fits))
                .findFirst()
                .orElse(Verdict.FITS);
    }

    private Map<String, Long> totals(Pod pod, List<Node> feasible) {
        Map<String, Long> totals = new TreeMap<>();
        feasible.forEach(node -> totals.put(Picture.name(node), 0L));
        for (Weighted each : rules) {
            List<Long> scores = each.rules.scores(picture, pod, feasible);
            for (int i = 0; i < scores.size(); i++) {
                totals.merge(Picture.name(feasible.get(i)), each.weight * scores.get(i), Long::sum);
            }
        }
        return totals;
    }

    /// Puts a pod on a node, with its volumes and devices.
    public void place(Pod bound) {
        Node node = picture.home(bound);
        VolumeRules.bind(picture, bound, node);
        DeviceRules.bind(picture, bound, node);
        picture.placed.add(bound);
    }
}
