package io.jubernetes.controllermanager.daemonset;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.DaemonSetBuilder;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DaemonPlanTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final DaemonSet SET = new DaemonSetBuilder()
            .withNewMetadata()
            .withNamespace("ns")
            .withName("ds")
            .withUid("ds")
            .endMetadata()
            .withNewSpec()
            .withNewTemplate()
            .withNewSpec()
            .withNodeSelector(Map.of("role", "worker"))
            .addNewContainer()
            .withName("c")
            .endContainer()
            .endSpec()
            .endTemplate()
            .endSpec()
            .build();

    private static Node node(String name, String role, Taint... taints) {
        return new NodeBuilder()
                .withNewMetadata()
                .withName(name)
                .addToLabels("role", role)
                .endMetadata()
                .withNewSpec()
                .withTaints(taints)
                .endSpec()
                .build();
    }

    private static Pod pod(String node, String hash, boolean ready) {
        return DaemonPods.forNode(SET, node, hash).toBuilder()
                .editMetadata()
                .withName("p-" + node + hash)
                .withUid("p-" + node + hash)
                .endMetadata()
                .withNewStatus()
                .withPhase("Running")
                .addNewCondition()
                .withType("Ready")
                .withStatus(ready ? "True" : "False")
                .withLastTransitionTime("2026-01-01T00:00:00Z")
                .endCondition()
                .endStatus()
                .build();
    }

    @Test
    void everyMeantNodeGetsAPod() {
        DaemonPlan plan = DaemonPlan.of(
                SET, List.of(node("a", "worker"), node("b", "worker"), node("c", "head")), List.of(), "h", NOW);
        assertThat(plan.create()).containsExactly("a", "b");
        assertThat(plan.status().getDesiredNumberScheduled()).isEqualTo(2);
    }

    @Test
    void aPodKnowsItsNodeBeforeItIsScheduled() {
        assertThat(DaemonPods.nodeOf(DaemonPods.forNode(SET, "a", "h"))).contains("a");
    }

    @Test
    void podsLeaveNodesTheyAreNotMeantForAnyMore() {
        Pod there = pod("c", "h", true);
        DaemonPlan plan = DaemonPlan.of(SET, List.of(node("c", "head")), List.of(there), "h", NOW);
        assertThat(plan.delete()).containsExactly(there);
        assertThat(plan.status().getNumberMisscheduled()).isEqualTo(1);
    }

    @Test
    void aTaintKeepsNewPodsAwayButDoesNotDriveOffOldOnes() {
        Node tainted = node("a", "worker", new Taint("NoSchedule", "mine", null, null));
        assertThat(DaemonPlan.of(SET, List.of(tainted), List.of(), "h", NOW).create())
                .isEmpty();
        assertThat(DaemonPlan.of(SET, List.of(tainted), List.of(pod("a", "h", true)), "h", NOW)
                        .delete())
                .isEmpty();
        Node expelling = node("a", "worker", new Taint("NoExecute", "mine", null, null));
        assertThat(DaemonPlan.of(SET, List.of(expelling), List.of(pod("a", "h", true)), "h", NOW)
                        .delete())
                .hasSize(1);
        Node lost = node("a", "worker", new Taint("NoExecute", "node.kubernetes.io/unreachable", null, null));
        assertThat(DaemonPlan.of(SET, List.of(lost), List.of(), "h", NOW).create())
                .containsExactly("a");
    }

    @Test
    void anUpdateReplacesOneAtATimeAndBrokenOnesAtOnce() {
        List<Node> nodes = List.of(node("a", "worker"), node("b", "worker"), node("c", "worker"));
        List<Pod> old = List.of(pod("a", "h1", true), pod("b", "h1", true), pod("c", "h1", true));
        assertThat(DaemonPlan.of(SET, nodes, old, "h2", NOW).delete()).hasSize(1);
        List<Pod> oneBroken = List.of(pod("a", "h1", true), pod("b", "h1", false), pod("c", "h1", true));
        assertThat(DaemonPlan.of(SET, nodes, oneBroken, "h2", NOW).delete())
                .extracting(pod -> pod.getMetadata().getName())
                .containsExactly("p-bh1");
        List<Pod> oneComing = List.of(pod("a", "h2", false), pod("b", "h1", true), pod("c", "h1", true));
        assertThat(DaemonPlan.of(SET, nodes, oneComing, "h2", NOW).delete()).isEmpty();
    }
}
