package io.jubernetes.scheduler.cycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.NodeSelectorRequirement;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodAffinityTerm;
import io.fabric8.kubernetes.api.model.PodAffinityTermBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.jubernetes.scheduler.PodApi;
import io.jubernetes.scheduler.TestObjects;
import io.jubernetes.scheduler.config.SchedulerConfiguration;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Pods that nothing can be done for, and a cluster that does not hold still: nobody else suffers, nothing is counted
/// wrong, and the pod says why it waits.
class BadInputTest {
    private static final String HOST = "kubernetes.io/hostname";
    private static final String NOT_HELPFUL =
            " preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.";

    private PodApi api;
    private World world;
    private SchedulingLoop loop;

    @BeforeEach
    void start() throws IOException {
        api = new PodApi();
        world = new World(1, SchedulerConfiguration.defaults(), List.of(), api.url());
        loop = world.loop();
        loop.open();
        loop.onNode(null, TestObjects.plainNode("a"));
        loop.onNode(null, TestObjects.plainNode("b"));
    }

    @AfterEach
    void stop() {
        loop.close();
        world.close();
        api.close();
    }

    /// Does all there is to do now.
    private int work() {
        int steps = 0;
        while (loop.step()) {
            steps++;
        }
        return steps;
    }

    private static Pod bound(Pod pod, String node) {
        return pod.edit().editSpec().withNodeName(node).endSpec().build();
    }

    record Case(String name, Pod pod, String why) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static PodAffinityTerm own() {
        return new PodAffinityTermBuilder()
                .withTopologyKey(HOST)
                .withNewLabelSelector()
                .addToMatchLabels("app", "it")
                .endLabelSelector()
                .build();
    }

    static Stream<Case> impossible() {
        return Stream.of(
                new Case(
                        "more than any node has",
                        TestObjects.pod("p", "1000", "1Mi").build(),
                        "2 Insufficient cpu."),
                new Case(
                        "more than a number holds",
                        TestObjects.pod("p", "9223372036854775807", "9223372036854775807Ei")
                                .build(),
                        "2 Insufficient cpu, 2 Insufficient memory."),
                new Case(
                        "a node that is and is not this one",
                        TestObjects.pod("p", "1", "1Mi")
                                .editSpec()
                                .withNewAffinity()
                                .withNewNodeAffinity()
                                .withNewRequiredDuringSchedulingIgnoredDuringExecution()
                                .addNewNodeSelectorTerm()
                                .withMatchExpressions(
                                        new NodeSelectorRequirement(HOST, "In", List.of("a")),
                                        new NodeSelectorRequirement(HOST, "NotIn", List.of("a")))
                                .endNodeSelectorTerm()
                                .endRequiredDuringSchedulingIgnoredDuringExecution()
                                .endNodeAffinity()
                                .endAffinity()
                                .endSpec()
                                .build(),
                        "2 node(s) didn't match Pod's node affinity/selector."),
                new Case(
                        "company it must also keep away from",
                        TestObjects.pod("p", "1", "1Mi")
                                .editSpec()
                                .withNewAffinity()
                                .withNewPodAffinity()
                                .addToRequiredDuringSchedulingIgnoredDuringExecution(own())
                                .endPodAffinity()
                                .withNewPodAntiAffinity()
                                .addToRequiredDuringSchedulingIgnoredDuringExecution(own())
                                .endPodAntiAffinity()
                                .endAffinity()
                                .endSpec()
                                .build(),
                        "2 node(s) didn't match pod affinity rules."));
    }

    @ParameterizedTest
    @MethodSource("impossible")
    void saysWhyAPodCannotGoAnywhere(Case c) {
        loop.onPod(null, c.pod());
        work();
        await().until(() -> api.explanations.containsKey("p"));
        assertThat(api.explanations.get("p")).isEqualTo("0/2 nodes are available: " + c.why() + NOT_HELPFUL);
        assertThat(work()).as("nothing is tried again before something happens").isZero();
    }

    @Test
    void amountsThatMakeNoSenseCountAsNothingAndDoNotOverflow() {
        Pod negative = TestObjects.pod("negative", "-5", "-1Gi").build();
        loop.onPod(null, negative);
        for (int i = 0; i < 3; i++) {
            Pod huge =
                    TestObjects.pod("huge-" + i, "9223372036854775807", "1Mi").build();
            loop.onPod(null, bound(huge, "a"));
        }
        loop.onPod(null, TestObjects.pod("normal", "1", "1Gi").build());
        work();
        await().until(() -> api.bindings.size() == 2);
        // The node with too much on it takes nothing more, and the sum has not turned negative.
        assertThat(api.bindings).containsEntry("normal", "b").containsKey("negative");
        assertThat(world.info(negative).requests().of(0)).isZero();
        loop.onNode(
                TestObjects.plainNode("b"),
                TestObjects.plainNode("b").toBuilder()
                        .editStatus()
                        .withAllocatable(Map.of("cpu", new Quantity("-4"), "pods", new Quantity("110")))
                        .endStatus()
                        .build());
        loop.onPod(null, TestObjects.pod("late", "1", "1Mi").build());
        work();
        await().until(() -> api.explanations.containsKey("late"));
        assertThat(api.explanations.get("late")).contains("2 Insufficient cpu");
    }

    @Test
    void aNodeThatVanishesWhileAPodIsBoundToItIsForgotten() {
        api.refuse(404);
        Pod pod = TestObjects.pod("p", "3", "1Gi").build();
        loop.onPod(null, pod);
        loop.step();
        loop.step();
        String first = world.nodes().all().stream()
                .filter(node -> !node.pods().isEmpty())
                .findFirst()
                .orElseThrow()
                .name();
        loop.onNode(TestObjects.plainNode(first), null);
        awaitRetry();
        await().until(() -> api.bindings.containsKey("p"));
        assertThat(api.bindings.get("p")).isNotEqualTo(first);
        assertThat(world.nodes().all())
                .singleElement()
                .satisfies(node -> assertThat(node.pods()).hasSize(1));
    }

    /// Moves on until the failed binding has come back and its back-off is over.
    private void awaitRetry() {
        await().until(() -> {
            work();
            world.pass(Duration.ofSeconds(1));
            return !api.bindings.isEmpty();
        });
    }

    @Test
    void aSecondSchedulersBindingWins() {
        api.refuse(409);
        Pod pod = TestObjects.pod("p", "3", "1Gi").build();
        loop.onPod(null, pod);
        work();
        // The other scheduler has chosen b, whatever this one did.
        loop.onPod(pod, bound(pod, "b"));
        loop.onPod(null, TestObjects.pod("q", "3", "1Gi").build());
        await().until(() -> {
            work();
            return api.bindings.containsKey("q");
        });
        assertThat(api.bindings).containsExactly(Map.entry("q", "a"));
        assertThat(Objects.requireNonNull(world.nodes().find("b")).pods()).hasSize(1);
    }

    @Test
    void tenThousandPodsThatFitNowhereDoNotHoldUpOthers() {
        int many = 10_000;
        for (int i = 0; i < many; i++) {
            loop.onPod(null, TestObjects.pod("lost-" + i, "1000", "1Mi").build());
            // The inbox is bounded: a real watch would wait.
            if (i % 1000 == 999) {
                loop.step();
            }
        }
        assertThat(work()).isLessThanOrEqualTo(many + 2);
        assertThat(work()).isZero();
        // Each time something that cannot help, and once something that might.
        for (int i = 0; i < 100; i++) {
            Pod other = bound(TestObjects.pod("other-" + i, "1m", "1Mi").build(), "a");
            loop.onPod(null, other);
        }
        loop.onPod(null, TestObjects.pod("fits", "1", "1Gi").build());
        assertThat(work()).as("steps beside those of the lost pods").isLessThan(10);
        await().until(() -> api.bindings.containsKey("fits"));
        await().atMost(Duration.ofSeconds(60)).until(() -> api.explanations.size() == many);
    }
}
