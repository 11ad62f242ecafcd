package io.jubernetes.scheduler.cycle;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeSelectorRequirement;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Taint;
import io.jubernetes.scheduler.TestObjects;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.Resources;
import io.jubernetes.scheduler.snapshot.NodeTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The default profile, from a pod and nodes to a node or an explanation.
class SelectionTest {
    private final World world = new World(1);

    @AfterEach
    void close() {
        world.close();
    }

    record Case(String name, List<Node> nodes, List<Pod> there, Pod pod, String expected) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Node node(String name, UnaryOperator<NodeBuilder> change) {
        return change.apply(TestObjects.node(name, "2", "4Gi")).build();
    }

    private static Pod pod(UnaryOperator<PodBuilder> change) {
        return change.apply(TestObjects.pod("p", "1", "1Gi")).build();
    }

    private static Pod at(String node, String cpu, int port) {
        var builder = TestObjects.pod("at-" + node, cpu, "1Gi");
        if (port > 0) {
            builder.editSpec()
                    .editFirstContainer()
                    .addNewPort()
                    .withContainerPort(80)
                    .withHostPort(port)
                    .endPort()
                    .endContainer()
                    .endSpec();
        }
        return builder.editSpec().withNodeName(node).endSpec().build();
    }

    static Stream<Case> cases() {
        Node plain = node("a", node -> node);
        Node tainted = node(
                "t",
                node -> node.editSpec()
                        .withTaints(new Taint("NoSchedule", "dedicated", null, "x"))
                        .endSpec());
        Node cordoned =
                node("c", node -> node.editSpec().withUnschedulable(true).endSpec());
        Node labelled =
                node("l", node -> node.editMetadata().addToLabels("disk", "ssd").endMetadata());
        return Stream.of(
                new Case("no nodes", List.of(), List.of(), pod(p -> p), "no nodes available to schedule pods"),
                new Case("fits", List.of(plain), List.of(), pod(p -> p), "-> a"),
                new Case(
                        "too big",
                        List.of(plain),
                        List.of(at("a", "1500m", 0)),
                        pod(p -> p),
                        "0/1 nodes are available: 1 Insufficient cpu."),
                new Case(
                        "two resources short",
                        List.of(plain),
                        List.of(),
                        TestObjects.pod("p", "3", "9Gi").build(),
                        "0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory."),
                new Case(
                        "unknown resource",
                        List.of(plain),
                        List.of(),
                        pod(p -> p.editSpec()
                                .editFirstContainer()
                                .editResources()
                                .addToRequests("example.com/gpu", new Quantity("1"))
                                .endResources()
                                .endContainer()
                                .endSpec()),
                        "0/1 nodes are available: 1 Insufficient example.com/gpu."),
                new Case(
                        "every node for its own reason",
                        List.of(plain, tainted, cordoned),
                        List.of(at("a", "2", 0)),
                        pod(p -> p),
                        "0/3 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s), 1 node(s) were"
                                + " unschedulable."),
                new Case(
                        "tolerated taint",
                        List.of(tainted),
                        List.of(),
                        pod(p -> p.editSpec()
                                .addNewToleration()
                                .withKey("dedicated")
                                .withOperator("Exists")
                                .endToleration()
                                .endSpec()),
                        "-> t"),
                new Case(
                        "selector",
                        List.of(plain, labelled),
                        List.of(),
                        pod(p -> p.editSpec().addToNodeSelector("disk", "ssd").endSpec()),
                        "-> l"),
                new Case(
                        "selector without a match",
                        List.of(plain),
                        List.of(),
                        pod(p -> p.editSpec().addToNodeSelector("disk", "ssd").endSpec()),
                        "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector."),
                new Case(
                        "affinity that names a node",
                        List.of(plain, labelled, tainted),
                        List.of(at("a", "2", 0)),
                        pod(p -> p.editSpec()
                                .editOrNewAffinity()
                                .editOrNewNodeAffinity()
                                .editOrNewRequiredDuringSchedulingIgnoredDuringExecution()
                                .addNewNodeSelectorTerm()
                                .withMatchFields(new NodeSelectorRequirement("metadata.name", "In", List.of("a")))
                                .endNodeSelectorTerm()
                                .endRequiredDuringSchedulingIgnoredDuringExecution()
                                .endNodeAffinity()
                                .endAffinity()
                                .endSpec()),
                        "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't satisfy plugin(s)"
                                + " [NodeAffinity]."),
                new Case(
                        "preferred affinity",
                        List.of(plain, labelled),
                        List.of(),
                        pod(p -> p.editSpec()
                                .editOrNewAffinity()
                                .editOrNewNodeAffinity()
                                .addNewPreferredDuringSchedulingIgnoredDuringExecution()
                                .withWeight(10)
                                .editOrNewPreference()
                                .withMatchExpressions(new NodeSelectorRequirement("disk", "In", List.of("ssd")))
                                .endPreference()
                                .endPreferredDuringSchedulingIgnoredDuringExecution()
                                .endNodeAffinity()
                                .endAffinity()
                                .endSpec()),
                        "-> l"),
                new Case(
                        "host port taken",
                        List.of(plain),
                        List.of(at("a", "100m", 8080)),
                        at("", "100m", 8080),
                        "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports."),
                new Case(
                        "the emptier node",
                        List.of(plain, labelled),
                        List.of(at("a", "500m", 0)),
                        pod(p -> p),
                        "-> l"));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void decides(Case c) {
        c.nodes().forEach(world::with);
        c.there().forEach(world::with);
        assertThat(world.decide(c.pod())).isEqualTo(c.expected());
    }

    @Test
    void aLargeClusterIsLookedAtInPart() {
        assertThat(IntStream.of(5, 99, 100, 1000, 5000, 50_000).map(nodes -> Selection.enough(nodes, 0)))
                .containsExactly(5, 99, 100, 420, 500, 2500);
    }

    /// Whatever the pods, no node is ever given more than it has.
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void neverOvercommits(long seed) {
        NodeTable nodes = world.nodes();
        Resources resources = nodes.resources();
        var random = new Random(seed);
        for (int i = 0; i < 7; i++) {
            nodes.putNode(TestObjects.node("n" + i, Integer.toString(1 + random.nextInt(8)), "8Gi")
                    .build());
        }
        var refused = new ArrayList<Pod>();
        for (int i = 0; i < 60; i++) {
            Pod pod = TestObjects.pod("p" + i, 100 + random.nextInt(1900) + "m", 1 + random.nextInt(1024) + "Mi")
                    .build();
            switch (world.select(pod)) {
                case Selection.Outcome.Found found -> nodes.putPod(found.node().name(), PodInfo.of(pod, resources));
                case Selection.Outcome.NoFit _ -> refused.add(pod);
            }
            assertThat(nodes.all()).allSatisfy(node -> {
                assertThat(node.requested(Resources.CPU)).isLessThanOrEqualTo(node.allocatable(Resources.CPU));
                assertThat(node.requested(Resources.MEMORY)).isLessThanOrEqualTo(node.allocatable(Resources.MEMORY));
            });
        }
        // And a pod is refused only when indeed no node has room.
        assertThat(refused).allSatisfy(pod -> {
            PodInfo info = PodInfo.of(pod, resources);
            assertThat(nodes.all())
                    .allSatisfy(node -> assertThat(node.allocatable(Resources.CPU) - node.requested(Resources.CPU)
                                            < info.requests().of(Resources.CPU)
                                    || node.allocatable(Resources.MEMORY) - node.requested(Resources.MEMORY)
                                            < info.requests().of(Resources.MEMORY))
                            .isTrue());
        });
    }
}
