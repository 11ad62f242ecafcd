package io.jubernetes.scheduler.reference;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeAffinity;
import io.fabric8.kubernetes.api.model.NodeSelector;
import io.fabric8.kubernetes.api.model.NodeSelectorBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.common.scheduling.NodeSelectors;
import io.jubernetes.common.scheduling.Tolerations;
import io.jubernetes.scheduler.framework.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What looks at a node and hardly at other pods: NodeUnschedulable, TaintToleration, NodeAffinity, NodePorts,
/// ImageLocality.
final class NodeRules {
    static final String NARROWED = "node(s) didn't satisfy plugin(s) [NodeAffinity]";

    private static final long MIB = 1 << 20;

    private NodeRules() {}

    static boolean tolerates(Pod pod, Node node, Set<String> effects) {
        return node.getSpec().getTaints().stream()
                .filter(taint -> effects.contains(taint.getEffect()))
                .allMatch(taint -> Tolerations.tolerates(pod.getSpec().getTolerations(), taint));
    }

    /// By the pod's node selector and required affinity.
    static boolean allows(Pod pod, Node node) {
        Map<String, String> selector = pod.getSpec().getNodeSelector();
        return (selector == null || Picture.labels(node).entrySet().containsAll(selector.entrySet()))
                && required(pod).map(terms -> matches(terms, node)).orElse(true);
    }

    private static boolean matches(NodeSelector selector, Node node) {
        return NodeSelectors.matches(selector, Picture.name(node), Picture.labels(node));
    }

    private static Optional<NodeAffinity> affinity(Pod pod) {
        return Optional.ofNullable(pod.getSpec().getAffinity()).map(affinity -> affinity.getNodeAffinity());
    }

    private static Optional<NodeSelector> required(Pod pod) {
        return affinity(pod).map(NodeAffinity::getRequiredDuringSchedulingIgnoredDuringExecution);
    }

    /// Whether the pod names its nodes, and this is none of them.
    static boolean isLeftOut(Pod pod, Node node) {
        return required(pod)
                .filter(selector -> selector.getNodeSelectorTerms().stream()
                        .noneMatch(term -> term.getMatchFields().isEmpty()))
                .filter(selector -> selector.getNodeSelectorTerms().stream()
                        .noneMatch(term -> term.getMatchFields().stream()
                                .allMatch(field -> field.getValues().contains(Picture.name(node)))))
                .isPresent();
    }

    static final class Schedulable implements Rules {
        @Override
        public Verdict filter(Picture picture, Pod pod, Node node) {
            return Boolean.TRUE.equals(node.getSpec().getUnschedulable())
                    ? Verdict.never("node(s) were unschedulable")
                    : Verdict.FITS;
        }
    }

    static final class Taints implements Rules {
        @Override
        public Verdict filter(Picture picture, Pod pod, Node node) {
            return tolerates(pod, node, Set.of("NoSchedule", "NoExecute"))
                    ? Verdict.FITS
                    : Verdict.never("node(s) had untolerated taint(s)");
        }

        @Override
        public List<Long> scores(Picture picture, Pod pod, List<Node> feasible) {
            List<Long> intolerable = Rules.each(
                    feasible,
                    node -> node.getSpec().getTaints().stream()
                            .filter(taint -> taint.getEffect().equals("PreferNoSchedule"))
                            .filter(taint ->
                                    !Tolerations.tolerates(pod.getSpec().getTolerations(), taint))
                            .count());
            return Rules.scaled(intolerable).stream().map(score -> 100 - score).toList();
        }
    }

    static final class Affinity implements Rules {
        @Override
        public Verdict filter(Picture picture, Pod pod, Node node) {
            return allows(pod, node)
                    ? Verdict.FITS
                    : Verdict.never("node(s) didn't match Pod's node affinity/selector");
        }

        @Override
        public List<Long> scores(Picture picture, Pod pod, List<Node> feasible) {
            var preferred = affinity(pod)
                    .map(NodeAffinity::getPreferredDuringSchedulingIgnoredDuringExecution)
                    .orElse(List.of());
            return Rules.scaled(Rules.each(
                    feasible,
                    node -> preferred.stream()
                            .filter(term -> matches(
                                    new NodeSelectorBuilder()
                                            .withNodeSelectorTerms(term.getPreference())
                                            .build(),
                                    node))
                            .mapToLong(term -> term.getWeight())
                            .sum()));
        }
    }

    static final class Ports implements Rules {
        @Override
        public Verdict filter(Picture picture, Pod pod, Node node) {
            boolean taken = picture.on(node).stream()
                    .flatMap(other -> ports(other).stream())
                    .anyMatch(there -> ports(pod).stream().anyMatch(wanted -> conflict(wanted, there)));
            return taken ? Verdict.notNow("node(s) didn't have free ports for the requested pod ports") : Verdict.FITS;
        }

        private static List<ContainerPort> ports(Pod pod) {
            List<Container> containers = new ArrayList<>(pod.getSpec().getContainers());
            pod.getSpec().getInitContainers().stream()
                    .filter(container -> "Always".equals(container.getRestartPolicy()))
                    .forEach(containers::add);
            return containers.stream()
                    .flatMap(container -> container.getPorts().stream())
                    .filter(port -> port.getHostPort() != null && port.getHostPort() > 0)
                    .toList();
        }

        private static boolean conflict(ContainerPort a, ContainerPort b) {
            String ipA = or(a.getHostIP(), "0.0.0.0");
            String ipB = or(b.getHostIP(), "0.0.0.0");
            return a.getHostPort().equals(b.getHostPort())
                    && or(a.getProtocol(), "TCP").equals(or(b.getProtocol(), "TCP"))
                    && (ipA.equals(ipB) || ipA.equals("0.0.0.0") || ipB.equals("0.0.0.0"));
        }

        private static String or(@Nullable String text, String otherwise) {
            return Objects.requireNonNullElse(text, otherwise);
        }
    }

    static final class Images implements Rules {
        @Override
        public List<Long> scores(Picture picture, Pod pod, List<Node> feasible) {
            List<Container> containers = new ArrayList<>(pod.getSpec().getContainers());
            containers.addAll(pod.getSpec().getInitContainers());
            long most = 1000 * MIB * containers.size();
            return Rules.each(feasible, node -> {
                long sum = containers.stream()
                        .mapToLong(container -> present(picture, container.getImage(), node))
                        .sum();
                return 100 * (Math.min(Math.max(sum, 23 * MIB), most) - 23 * MIB) / (most - 23 * MIB);
            });
        }

        /// The size of the image, as far as it is spread.
        private static long present(Picture picture, String image, Node node) {
            long having = picture.nodes.values().stream()
                    .filter(other -> size(image, other) > 0)
                    .count();
            return (long) (size(image, node) * ((double) having / picture.nodes.size()));
        }

        private static long size(String image, Node node) {
            String tagged = image.contains(":") ? image : image + ":latest";
            return node.getStatus().getImages().stream()
                    .filter(there -> there.getNames().contains(tagged))
                    .mapToLong(there -> there.getSizeBytes())
                    .sum();
        }
    }
}
