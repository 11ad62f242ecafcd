package io.jubernetes.scheduler.cycle;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodAffinityTerm;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.TopologySpreadConstraint;
import io.fabric8.kubernetes.api.model.WeightedPodAffinityTerm;
import io.jubernetes.common.meta.LabelSelectors;
import io.jubernetes.common.scheduling.NodeSelectors;
import io.jubernetes.common.scheduling.Tolerations;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.ToLongFunction;

/// The default plugins once more, as plainly as they can be said: everything is counted anew for every pod, straight
/// from the objects. Slow, and what the scheduler must agree with.
final class Reference {
    private static final String HOST = "kubernetes.io/hostname";

    final Map<String, Node> nodes = new LinkedHashMap<>();
    final List<Pod> placed = new ArrayList<>();

    /// Why the pod does not fit the node, if so.
    Optional<String> filter(Pod pod, Node node) {
        if (Boolean.TRUE.equals(node.getSpec().getUnschedulable())) {
            return Optional.of("node(s) were unschedulable");
        }
        if (!tolerates(pod, node, Set.of("NoSchedule", "NoExecute"))) {
            return Optional.of("node(s) had untolerated taint(s)");
        }
        if (!allows(pod, node)) {
            return Optional.of("node(s) didn't match Pod's node affinity/selector");
        }
        List<String> lacking = new ArrayList<>();
        for (String resource : List.of("cpu", "memory")) {
            if (asked(pod, resource) > 0
                    && asked(pod, resource) > allocatable(node, resource) - used(node, resource, Reference::asked)) {
                lacking.add("Insufficient " + resource);
            }
        }
        if (!lacking.isEmpty()) {
            return Optional.of(String.join("+", lacking));
        }
        return spread(pod, node).or(() -> affinity(pod, node));
    }

    private static boolean tolerates(Pod pod, Node node, Set<String> effects) {
        return node.getSpec().getTaints().stream()
                .filter(taint -> effects.contains(taint.getEffect()))
                .allMatch(taint -> Tolerations.tolerates(pod.getSpec().getTolerations(), taint));
    }

    private static boolean allows(Pod pod, Node node) {
        Map<String, String> selector = pod.getSpec().getNodeSelector();
        if (selector != null && !node.getMetadata().getLabels().entrySet().containsAll(selector.entrySet())) {
            return false;
        }
        return pod.getSpec().getAffinity() == null
                || pod.getSpec().getAffinity().getNodeAffinity() == null
                || pod.getSpec().getAffinity().getNodeAffinity().getRequiredDuringSchedulingIgnoredDuringExecution()
                        == null
                || NodeSelectors.matches(
                        pod.getSpec()
                                .getAffinity()
                                .getNodeAffinity()
                                .getRequiredDuringSchedulingIgnoredDuringExecution(),
                        node.getMetadata().getName(),
                        node.getMetadata().getLabels());
    }

    private List<Pod> on(Node node) {
        return placed.stream()
                .filter(pod -> node.getMetadata().getName().equals(pod.getSpec().getNodeName()))
                .toList();
    }

    private static long asked(Pod pod, String resource) {
        Quantity quantity = pod.getSpec()
                .getContainers()
                .getFirst()
                .getResources()
                .getRequests()
                .get(resource);
        return quantity == null ? 0 : units(resource, quantity);
    }

    private static long assumed(Pod pod, String resource) {
        boolean given = pod.getSpec()
                .getContainers()
                .getFirst()
                .getResources()
                .getRequests()
                .containsKey(resource);
        return given ? asked(pod, resource) : resource.equals("cpu") ? 100 : 200L << 20;
    }

    private static long units(String resource, Quantity quantity) {
        return quantity.getNumericalAmount()
                .multiply(java.math.BigDecimal.valueOf(resource.equals("cpu") ? 1000 : 1))
                .longValueExact();
    }

    private static long allocatable(Node node, String resource) {
        return units(
                resource,
                Objects.requireNonNull(node.getStatus().getAllocatable().get(resource)));
    }

    private long used(Node node, String resource, BiFunction<Pod, String, Long> by) {
        return on(node).stream().mapToLong(pod -> by.apply(pod, resource)).sum();
    }

    private Optional<String> spread(Pod pod, Node node) {
        List<TopologySpreadConstraint> hard = constraints(pod, "DoNotSchedule");
        for (TopologySpreadConstraint constraint : hard) {
            String value = node.getMetadata().getLabels().get(constraint.getTopologyKey());
            if (value == null) {
                return Optional.of("node(s) didn't match pod topology spread constraints (missing required label)");
            }
            Map<String, Long> counts = counts(pod, constraint, hard);
            long fewest =
                    counts.values().stream().mapToLong(count -> count).min().orElse(0);
            int minDomains = constraint.getMinDomains() == null ? 1 : constraint.getMinDomains();
            if (counts.size() < minDomains) {
                fewest = 0;
            }
            long self = matches(constraint, pod) ? 1 : 0;
            if (counts.getOrDefault(value, 0L) + self - fewest > constraint.getMaxSkew()) {
                return Optional.of("node(s) didn't match pod topology spread constraints");
            }
        }
        return Optional.empty();
    }

    private static List<TopologySpreadConstraint> constraints(Pod pod, String when) {
        return pod.getSpec().getTopologySpreadConstraints().stream()
                .filter(constraint -> constraint.getWhenUnsatisfiable().equals(when))
                .toList();
    }

    private static boolean matches(TopologySpreadConstraint constraint, Pod pod) {
        return LabelSelectors.matches(
                constraint.getLabelSelector(), pod.getMetadata().getLabels());
    }

    /// The pods of each domain, by the nodes that count.
    private Map<String, Long> counts(
            Pod pod, TopologySpreadConstraint constraint, List<TopologySpreadConstraint> together) {
        Map<String, Long> counts = new HashMap<>();
        for (Node node : nodes.values()) {
            Map<String, String> labels = node.getMetadata().getLabels();
            boolean has = together.stream().allMatch(other -> labels.containsKey(other.getTopologyKey()));
            boolean affinity = "Ignore".equals(constraint.getNodeAffinityPolicy()) || allows(pod, node);
            boolean taints = !"Honor".equals(constraint.getNodeTaintsPolicy())
                    || tolerates(pod, node, Set.of("NoSchedule", "NoExecute"));
            if (has && affinity && taints) {
                counts.merge(labels.get(constraint.getTopologyKey()), counted(pod, constraint, node), Long::sum);
            }
        }
        return counts;
    }

    private long counted(Pod pod, TopologySpreadConstraint constraint, Node node) {
        return on(node).stream()
                .filter(other -> same(
                                other.getMetadata().getNamespace(),
                                pod.getMetadata().getNamespace())
                        && other.getMetadata().getDeletionTimestamp() == null
                        && matches(constraint, other))
                .count();
    }

    private static boolean same(String a, String b) {
        return Objects.equals(a, b);
    }

    private Optional<String> affinity(Pod pod, Node node) {
        List<PodAffinityTerm> wanted = required(pod, true);
        boolean together = true;
        for (PodAffinityTerm term : wanted) {
            if (!node.getMetadata().getLabels().containsKey(term.getTopologyKey())) {
                return Optional.of("node(s) didn't match pod affinity rules");
            }
            together &= placed.stream()
                    .anyMatch(other ->
                            wanted.stream().allMatch(each -> isAbout(each, pod, other)) && shares(term, node, other));
        }
        if (!together) {
            boolean nobody = placed.stream()
                    .noneMatch(other -> wanted.stream().allMatch(each -> isAbout(each, pod, other))
                            && wanted.stream()
                                    .anyMatch(each -> home(other)
                                            .getMetadata()
                                            .getLabels()
                                            .containsKey(each.getTopologyKey())));
            if (!nobody || !wanted.stream().allMatch(each -> isAbout(each, pod, pod))) {
                return Optional.of("node(s) didn't match pod affinity rules");
            }
        }
        for (PodAffinityTerm term : required(pod, false)) {
            if (placed.stream().anyMatch(other -> isAbout(term, pod, other) && shares(term, node, other))) {
                return Optional.of("node(s) didn't match pod anti-affinity rules");
            }
        }
        for (Pod other : placed) {
            for (PodAffinityTerm term : required(other, false)) {
                if (isAbout(term, other, pod) && shares(term, node, other)) {
                    return Optional.of("node(s) didn't satisfy existing pods anti-affinity rules");
                }
            }
        }
        return Optional.empty();
    }

    private Node home(Pod pod) {
        return Objects.requireNonNull(nodes.get(pod.getSpec().getNodeName()));
    }

    private static boolean isAbout(PodAffinityTerm term, Pod owner, Pod other) {
        List<String> namespaces =
                term.getNamespaces().isEmpty() ? List.of(owner.getMetadata().getNamespace()) : term.getNamespaces();
        return namespaces.contains(other.getMetadata().getNamespace())
                && LabelSelectors.matches(
                        term.getLabelSelector(), other.getMetadata().getLabels());
    }

    private boolean shares(PodAffinityTerm term, Node node, Pod other) {
        String value = node.getMetadata().getLabels().get(term.getTopologyKey());
        return value != null
                && value.equals(home(other).getMetadata().getLabels().get(term.getTopologyKey()));
    }

    private static List<PodAffinityTerm> required(Pod pod, boolean with) {
        var affinity = pod.getSpec().getAffinity();
        if (affinity == null) {
            return List.of();
        }
        return with
                ? affinity.getPodAffinity() == null
                        ? List.of()
                        : affinity.getPodAffinity().getRequiredDuringSchedulingIgnoredDuringExecution()
                : affinity.getPodAntiAffinity() == null
                        ? List.of()
                        : affinity.getPodAntiAffinity().getRequiredDuringSchedulingIgnoredDuringExecution();
    }

    private static List<WeightedPodAffinityTerm> preferred(Pod pod, boolean with) {
        var affinity = pod.getSpec().getAffinity();
        if (affinity == null) {
            return List.of();
        }
        return with
                ? affinity.getPodAffinity() == null
                        ? List.of()
                        : affinity.getPodAffinity().getPreferredDuringSchedulingIgnoredDuringExecution()
                : affinity.getPodAntiAffinity() == null
                        ? List.of()
                        : affinity.getPodAntiAffinity().getPreferredDuringSchedulingIgnoredDuringExecution();
    }

    /// The weighted totals of the nodes that fit.
    Map<String, Long> totals(Pod pod, List<Node> feasible) {
        Map<String, Long> totals = new HashMap<>();
        feasible.forEach(node -> totals.put(node.getMetadata().getName(), 0L));
        add(totals, feasible, 3, scaled(feasible, node -> softTaints(pod, node), true));
        add(totals, feasible, 1, each(feasible, node -> leastAllocated(pod, node)));
        add(totals, feasible, 1, each(feasible, node -> balanced(pod, node)));
        add(totals, feasible, 2, spreadScores(pod, feasible));
        add(totals, feasible, 2, affinityScores(pod, feasible));
        return totals;
    }

    private static void add(Map<String, Long> totals, List<Node> nodes, int weight, List<Long> scores) {
        for (int i = 0; i < scores.size(); i++) {
            totals.merge(nodes.get(i).getMetadata().getName(), weight * scores.get(i), Long::sum);
        }
    }

    private static List<Long> each(List<Node> nodes, ToLongFunction<Node> score) {
        return nodes.stream().map(score::applyAsLong).toList();
    }

    private static List<Long> scaled(List<Node> nodes, ToLongFunction<Node> raw, boolean reverse) {
        List<Long> scores = each(nodes, raw);
        long max = scores.stream().mapToLong(score -> score).max().orElse(0);
        return scores.stream()
                .map(score -> max == 0 ? 0 : score * 100 / max)
                .map(score -> reverse ? 100 - score : score)
                .toList();
    }

    private static long softTaints(Pod pod, Node node) {
        return node.getSpec().getTaints().stream()
                .filter(taint -> taint.getEffect().equals("PreferNoSchedule"))
                .filter(taint -> !Tolerations.tolerates(pod.getSpec().getTolerations(), taint))
                .count();
    }

    private long leastAllocated(Pod pod, Node node) {
        long sum = 0;
        for (String resource : List.of("cpu", "memory")) {
            long capacity = allocatable(node, resource);
            long after = used(node, resource, Reference::assumed) + assumed(pod, resource);
            sum += after > capacity ? 0 : (capacity - after) * 100 / capacity;
        }
        return sum / 2;
    }

    private long balanced(Pod pod, Node node) {
        if (asked(pod, "cpu") == 0 && asked(pod, "memory") == 0) {
            return 0;
        }
        double cpu = share(pod, node, "cpu");
        double memory = share(pod, node, "memory");
        return (long) ((1 - Math.abs((cpu - memory) / 2)) * 100);
    }

    private double share(Pod pod, Node node, String resource) {
        double after = (double) (used(node, resource, Reference::asked) + asked(pod, resource));
        return Math.min(1, after / allocatable(node, resource));
    }

    private List<Long> spreadScores(Pod pod, List<Node> feasible) {
        List<TopologySpreadConstraint> soft = constraints(pod, "ScheduleAnyway");
        if (soft.isEmpty()) {
            return List.of();
        }
        List<Node> rated = feasible.stream()
                .filter(node -> soft.stream()
                        .allMatch(
                                constraint -> node.getMetadata().getLabels().containsKey(constraint.getTopologyKey())))
                .toList();
        Map<String, Long> raw = new HashMap<>();
        for (Node node : rated) {
            double score = 0;
            for (TopologySpreadConstraint constraint : soft) {
                String key = constraint.getTopologyKey();
                Set<String> domains = new HashSet<>();
                rated.forEach(
                        other -> domains.add(other.getMetadata().getLabels().get(key)));
                int size = key.equals(HOST) ? rated.size() : domains.size();
                String value = node.getMetadata().getLabels().get(key);
                long count = key.equals(HOST)
                        ? counted(pod, constraint, node)
                        : counts(pod, constraint, soft).getOrDefault(value, 0L);
                score += count * Math.log(size + 2.0) + (constraint.getMaxSkew() - 1);
            }
            raw.put(node.getMetadata().getName(), Math.round(score));
        }
        long max = raw.values().stream().mapToLong(score -> score).max().orElse(0);
        long min = raw.values().stream().mapToLong(score -> score).min().orElse(0);
        return feasible.stream()
                .map(node -> raw.get(node.getMetadata().getName()))
                .map(score -> score == null ? 0L : max == 0 ? 100L : 100 * (max + min - score) / max)
                .toList();
    }

    private List<Long> affinityScores(Pod pod, List<Node> feasible) {
        List<Long> raw = each(feasible, node -> companyScore(pod, node));
        long max = raw.stream().mapToLong(score -> score).max().orElse(0);
        long min = raw.stream().mapToLong(score -> score).min().orElse(0);
        return raw.stream()
                .map(score -> max == min ? 0L : (long) (100 * ((double) (score - min) / (max - min))))
                .toList();
    }

    private long companyScore(Pod pod, Node node) {
        long score = 0;
        for (Pod other : placed) {
            score += company(preferred(pod, true), pod, other, node, other)
                    - company(preferred(pod, false), pod, other, node, other)
                    + company(preferred(other, true), other, pod, node, other)
                    - company(preferred(other, false), other, pod, node, other);
            for (PodAffinityTerm term : required(other, true)) {
                if (isAbout(term, other, pod) && shares(term, node, other)) {
                    score += 1;
                }
            }
        }
        return score;
    }

    private long company(List<WeightedPodAffinityTerm> terms, Pod owner, Pod about, Node node, Pod there) {
        return terms.stream()
                .filter(term -> isAbout(term.getPodAffinityTerm(), owner, about)
                        && shares(term.getPodAffinityTerm(), node, there))
                .mapToLong(WeightedPodAffinityTerm::getWeight)
                .sum();
    }
}
