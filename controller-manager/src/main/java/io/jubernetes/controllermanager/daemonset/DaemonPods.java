package io.jubernetes.controllermanager.daemonset;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeSelector;
import io.fabric8.kubernetes.api.model.NodeSelectorRequirement;
import io.fabric8.kubernetes.api.model.NodeSelectorTermBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.api.model.TolerationBuilder;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.jubernetes.common.scheduling.NodeSelectors;
import io.jubernetes.common.scheduling.Tolerations;
import io.jubernetes.controllermanager.workload.Labels;
import io.jubernetes.controllermanager.workload.PodControl;
import io.jubernetes.controllermanager.workload.RevisionHistory;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What a daemon's pod looks like, and on which nodes it belongs. Pure.
final class DaemonPods {
    private static final String NODE_NAME = "metadata.name";

    /// @param run whether a pod is to be started there
    /// @param stay whether one that is there may stay
    record Belongs(boolean run, boolean stay) {}

    private DaemonPods() {}

    /// The pod for one node. It is left to the scheduler, but with a node affinity that leaves it no choice.
    static Pod forNode(DaemonSet set, String node, String hash) {
        Pod pod = PodControl.fromTemplate(set, set.getSpec().getTemplate());
        return new PodBuilder(pod)
                .editMetadata()
                .addToLabels(RevisionHistory.POD_LABEL, hash)
                .endMetadata()
                .editSpec()
                .withTolerations(tolerations(pod.getSpec()))
                .editOrNewAffinity()
                .editOrNewNodeAffinity()
                .editOrNewRequiredDuringSchedulingIgnoredDuringExecution()
                .withNodeSelectorTerms(new NodeSelectorTermBuilder()
                        .withMatchFields(new NodeSelectorRequirement(NODE_NAME, "In", List.of(node)))
                        .build())
                .endRequiredDuringSchedulingIgnoredDuringExecution()
                .endNodeAffinity()
                .endAffinity()
                .endSpec()
                .build();
    }

    /// A daemon's pods stay on nodes in trouble: they may be what mends them.
    static List<Toleration> tolerations(PodSpec spec) {
        var tolerations = new ArrayList<>(spec.getTolerations());
        Stream<Toleration> more = Stream.of(
                toleration("node.kubernetes.io/not-ready", "NoExecute"),
                toleration("node.kubernetes.io/unreachable", "NoExecute"),
                toleration("node.kubernetes.io/disk-pressure", "NoSchedule"),
                toleration("node.kubernetes.io/memory-pressure", "NoSchedule"),
                toleration("node.kubernetes.io/pid-pressure", "NoSchedule"),
                toleration("node.kubernetes.io/unschedulable", "NoSchedule"));
        more.filter(each -> !tolerations.contains(each)).forEach(tolerations::add);
        Toleration network = toleration("node.kubernetes.io/network-unavailable", "NoSchedule");
        if (Boolean.TRUE.equals(spec.getHostNetwork()) && !tolerations.contains(network)) {
            tolerations.add(network);
        }
        return tolerations;
    }

    private static Toleration toleration(String key, String effect) {
        return new TolerationBuilder()
                .withKey(key)
                .withOperator("Exists")
                .withEffect(effect)
                .build();
    }

    static Belongs belongs(DaemonSet set, Node node) {
        PodSpec spec = set.getSpec().getTemplate().getSpec();
        String name = node.getMetadata().getName();
        boolean named = spec.getNodeName() == null
                || spec.getNodeName().isEmpty()
                || spec.getNodeName().equals(name);
        boolean selected = spec.getNodeSelector() == null
                || Labels.of(node).entrySet().containsAll(spec.getNodeSelector().entrySet());
        NodeSelector required = required(spec);
        if (!named || !selected || (required != null && !NodeSelectors.matches(required, name, Labels.of(node)))) {
            return new Belongs(false, false);
        }
        List<Toleration> tolerations = tolerations(spec);
        boolean run = true;
        boolean stay = true;
        for (Taint taint :
                node.getSpec() == null ? List.<Taint>of() : node.getSpec().getTaints()) {
            if (!Tolerations.tolerates(tolerations, taint)) {
                run &= !Objects.equals(taint.getEffect(), "NoSchedule")
                        && !Objects.equals(taint.getEffect(), "NoExecute");
                stay &= !Objects.equals(taint.getEffect(), "NoExecute");
            }
        }
        return new Belongs(run, stay);
    }

    private static @Nullable NodeSelector required(PodSpec spec) {
        return spec.getAffinity() == null || spec.getAffinity().getNodeAffinity() == null
                ? null
                : spec.getAffinity().getNodeAffinity().getRequiredDuringSchedulingIgnoredDuringExecution();
    }

    /// The node of a daemon's pod: where it is, or where it must go.
    static Optional<String> nodeOf(Pod pod) {
        String node = pod.getSpec().getNodeName();
        if (node != null && !node.isEmpty()) {
            return Optional.of(node);
        }
        NodeSelector required = required(pod.getSpec());
        return required == null
                ? Optional.empty()
                : required.getNodeSelectorTerms().stream()
                        .flatMap(term -> term.getMatchFields().stream())
                        .filter(field -> field.getKey().equals(NODE_NAME)
                                && field.getOperator().equals("In")
                                && field.getValues().size() == 1)
                        .map(field -> field.getValues().getFirst())
                        .findFirst();
    }
}
