package io.jubernetes.scheduler.reference;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.TopologySpreadConstraint;
import io.fabric8.kubernetes.api.model.TopologySpreadConstraintBuilder;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.jubernetes.common.meta.LabelSelectors;
import io.jubernetes.scheduler.framework.Verdict;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// PodTopologySpread.
///
/// @param defaults of the cluster, for pods without constraints; null for those built in
record SpreadRules(@Nullable List<TopologySpreadConstraint> defaults) implements Rules {
    private static final String HOST = "kubernetes.io/hostname";
    private static final List<TopologySpreadConstraint> BUILT_IN =
            List.of(soft(3, HOST), soft(5, "topology.kubernetes.io/zone"));

    private static TopologySpreadConstraint soft(int maxSkew, String key) {
        return new TopologySpreadConstraintBuilder()
                .withMaxSkew(maxSkew)
                .withTopologyKey(key)
                .withWhenUnsatisfiable("ScheduleAnyway")
                .build();
    }

    @Override
    public Verdict filter(Picture picture, Pod pod, Node node) {
        List<TopologySpreadConstraint> hard = constraints(picture, pod, "DoNotSchedule");
        for (TopologySpreadConstraint constraint : hard) {
            String value = Picture.labels(node).get(constraint.getTopologyKey());
            if (value == null) {
                return Verdict.never("node(s) didn't match pod topology spread constraints (missing required label)");
            }
            Map<String, Long> counts = counts(picture, pod, constraint, hard, true);
            long fewest = Rules.least(List.copyOf(counts.values()));
            int minDomains = Objects.requireNonNullElse(constraint.getMinDomains(), 1);
            if (counts.size() < minDomains) {
                fewest = 0;
            }
            long self = matches(constraint, pod) ? 1 : 0;
            if (counts.getOrDefault(value, 0L) + self - fewest > constraint.getMaxSkew()) {
                return Verdict.notNow("node(s) didn't match pod topology spread constraints");
            }
        }
        return Verdict.FITS;
    }

    /// The pod's own constraints of one sort; the cluster's if it has none at all.
    private List<TopologySpreadConstraint> constraints(Picture picture, Pod pod, String when) {
        List<TopologySpreadConstraint> own = pod.getSpec().getTopologySpreadConstraints();
        List<TopologySpreadConstraint> all = own.isEmpty() ? ofCluster(picture, pod) : own;
        return all.stream()
                .filter(constraint -> constraint.getWhenUnsatisfiable().equals(when))
                .toList();
    }

    private List<TopologySpreadConstraint> ofCluster(Picture picture, Pod pod) {
        Optional<LabelSelector> selector = company(picture, pod);
        List<TopologySpreadConstraint> all = new ArrayList<>();
        for (TopologySpreadConstraint constraint : Objects.requireNonNullElse(defaults, BUILT_IN)) {
            selector.ifPresent(
                    found -> all.add(constraint.edit().withLabelSelector(found).build()));
        }
        return all;
    }

    /// The pods that belong together by a service or a ReplicaSet.
    private static Optional<LabelSelector> company(Picture picture, Pod pod) {
        Map<String, String> labels = new HashMap<>();
        for (Service service : picture.all(Service.class)) {
            Map<String, String> selected = service.getSpec().getSelector();
            if (Picture.namespace(service).equals(Picture.namespace(pod))
                    && Picture.labels(pod).entrySet().containsAll(selected.entrySet())) {
                labels.putAll(selected);
            }
        }
        var selector = new LabelSelectorBuilder().addToMatchLabels(labels);
        boolean found = !labels.isEmpty();
        for (var owner : pod.getMetadata().getOwnerReferences()) {
            var set = picture.find(ReplicaSet.class, Picture.namespace(pod), owner.getName());
            if (set.isPresent()) {
                // Written as an expression, for a label may be asked for twice.
                set.get()
                        .getSpec()
                        .getSelector()
                        .getMatchLabels()
                        .forEach((key, value) -> selector.addNewMatchExpression()
                                .withKey(key)
                                .withOperator("In")
                                .withValues(value)
                                .endMatchExpression());
                found = true;
            }
        }
        return found ? Optional.of(selector.build()) : Optional.empty();
    }

    private static boolean matches(TopologySpreadConstraint constraint, Pod pod) {
        return LabelSelectors.matches(constraint.getLabelSelector(), Picture.labels(pod));
    }

    /// The pods of each domain, by the nodes that count.
    ///
    /// @param together the node must have the labels of all these
    private static Map<String, Long> counts(
            Picture picture,
            Pod pod,
            TopologySpreadConstraint constraint,
            List<TopologySpreadConstraint> together,
            boolean needsAllKeys) {
        Map<String, Long> counts = new HashMap<>();
        for (Node node : picture.nodes.values()) {
            String value = Picture.labels(node).get(constraint.getTopologyKey());
            boolean has = needsAllKeys ? hasAllKeys(node, together) : value != null;
            boolean affinity = "Ignore".equals(constraint.getNodeAffinityPolicy()) || NodeRules.allows(pod, node);
            boolean taints = !"Honor".equals(constraint.getNodeTaintsPolicy())
                    || NodeRules.tolerates(pod, node, Set.of("NoSchedule", "NoExecute"));
            if (has && affinity && taints) {
                counts.merge(value, counted(picture, pod, constraint, node), Long::sum);
            }
        }
        return counts;
    }

    private static boolean hasAllKeys(Node node, List<TopologySpreadConstraint> constraints) {
        return constraints.stream()
                .allMatch(constraint -> Picture.labels(node).containsKey(constraint.getTopologyKey()));
    }

    /// Whether two pods have the same values of `matchLabelKeys`.
    private static boolean areAlike(TopologySpreadConstraint constraint, Pod pod, Pod other) {
        return constraint.getMatchLabelKeys().stream()
                .filter(Picture.labels(pod)::containsKey)
                .allMatch(key -> Objects.equals(
                        Picture.labels(pod).get(key), Picture.labels(other).get(key)));
    }

    private static long counted(Picture picture, Pod pod, TopologySpreadConstraint constraint, Node node) {
        return picture.on(node).stream()
                .filter(other -> Picture.namespace(other).equals(Picture.namespace(pod)))
                .filter(other -> other.getMetadata().getDeletionTimestamp() == null)
                .filter(other -> matches(constraint, other) && areAlike(constraint, pod, other))
                .count();
    }

    @Override
    public List<Long> scores(Picture picture, Pod pod, List<Node> feasible) {
        List<TopologySpreadConstraint> soft = constraints(picture, pod, "ScheduleAnyway");
        if (soft.isEmpty()) {
            return List.of();
        }
        // With the defaults that are built in, a node without a label is rated by the others.
        boolean needsAllKeys = defaults != null
                || !pod.getSpec().getTopologySpreadConstraints().isEmpty();
        List<Node> rated = feasible.stream()
                .filter(node -> !needsAllKeys || hasAllKeys(node, soft))
                .toList();
        Map<String, Long> raw = new HashMap<>();
        for (Node node : rated) {
            double score = 0;
            for (TopologySpreadConstraint constraint : soft) {
                String key = constraint.getTopologyKey();
                Set<String> domains = new HashSet<>();
                rated.forEach(other -> domains.add(Picture.labels(other).getOrDefault(key, "")));
                int size = key.equals(HOST) ? rated.size() : domains.size();
                String value = Picture.labels(node).get(key);
                if (value != null) {
                    long count = key.equals(HOST)
                            ? counted(picture, pod, constraint, node)
                            : counts(picture, pod, constraint, soft, needsAllKeys)
                                    .getOrDefault(value, 0L);
                    score += count * Math.log(size + 2.0) + (constraint.getMaxSkew() - 1);
                }
            }
            raw.put(Picture.name(node), Math.round(score));
        }
        long max = Rules.greatest(List.copyOf(raw.values()));
        long min = Rules.least(List.copyOf(raw.values()));
        return feasible.stream()
                .map(node -> raw.get(Picture.name(node)))
                .map(score -> score == null ? 0L : max == 0 ? 100L : 100 * (max + min - score) / max)
                .toList();
    }
}
