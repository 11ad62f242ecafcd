package io.jubernetes.scheduler.cycle;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudgetBuilder;
import io.jubernetes.scheduler.TestObjects;
import io.jubernetes.scheduler.framework.PodInfo;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Making room for pods of higher priority, on nodes with 4 CPUs.
class PreemptionTest {
    private static final String EARLY = "2026-01-01T00:00:00Z";
    private static final String LATE = "2026-01-02T00:00:00Z";

    private final World world = new World(1);

    @BeforeEach
    void nodes() {
        world.with(TestObjects.plainNode("a"), TestObjects.plainNode("b"));
    }

    @AfterEach
    void close() {
        world.close();
    }

    private static Pod pod(String name, int priority, String cpu) {
        return TestObjects.pod(name, cpu, "1Mi")
                .editSpec()
                .withPriority(priority)
                .endSpec()
                .build();
    }

    private static Pod on(String node, String name, int priority, String cpu, String started) {
        return pod(name, priority, cpu).toBuilder()
                .editMetadata()
                .addToLabels("app", name)
                .endMetadata()
                .editSpec()
                .withNodeName(node)
                .endSpec()
                .editOrNewStatus()
                .withStartTime(started)
                .endStatus()
                .build();
    }

    private static PodDisruptionBudget budget(String app, int allowed) {
        return new PodDisruptionBudgetBuilder()
                .withNewMetadata()
                .withNamespace("default")
                .withName(app)
                .endMetadata()
                .withNewSpec()
                .withNewSelector()
                .addToMatchLabels("app", app)
                .endSelector()
                .endSpec()
                .withNewStatus()
                .withDisruptionsAllowed(allowed)
                .endStatus()
                .build();
    }

    /// @param victims how many pods go
    record Case(String name, List<Pod> there, List<PodDisruptionBudget> budgets, String expected, long victims) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Case> cases() {
        return Stream.of(
                new Case(
                        "the node with the least important victim",
                        List.of(on("a", "x", 5, "3", EARLY), on("b", "y", 2, "3", EARLY)),
                        List.of(),
                        "nominated b",
                        1),
                new Case(
                        "only as many as must go",
                        List.of(
                                on("a", "x", 9, "4", EARLY),
                                on("b", "y1", 1, "1", EARLY),
                                on("b", "y2", 1, "1", EARLY),
                                on("b", "y3", 1, "2", LATE)),
                        List.of(),
                        "nominated b",
                        1),
                new Case(
                        "fewer victims of the same priority",
                        List.of(
                                on("a", "x", 1, "4", EARLY),
                                on("b", "y1", 1, "1", LATE),
                                on("b", "y2", 1, "1", LATE),
                                on("b", "y3", 20, "2", LATE)),
                        List.of(),
                        "nominated a",
                        1),
                new Case(
                        "the younger victim",
                        List.of(on("a", "x", 1, "4", EARLY), on("b", "y", 1, "4", LATE)),
                        List.of(),
                        "nominated b",
                        1),
                new Case(
                        "a budget outweighs priority",
                        List.of(on("a", "x", 1, "4", EARLY), on("b", "y", 5, "4", EARLY)),
                        List.of(budget("x", 0)),
                        "nominated b",
                        1),
                new Case(
                        "a budget that allows it",
                        List.of(on("a", "x", 1, "4", EARLY), on("b", "y", 5, "4", EARLY)),
                        List.of(budget("x", 1)),
                        "nominated a",
                        1),
                new Case(
                        "a violated budget rather than nothing",
                        List.of(on("a", "x", 1, "4", EARLY), on("b", "y", 10, "4", EARLY)),
                        List.of(budget("x", 0)),
                        "nominated a",
                        1),
                new Case(
                        "nobody of lower priority",
                        List.of(on("a", "x", 10, "4", EARLY), on("b", "y", 11, "4", EARLY)),
                        List.of(),
                        "0/2 nodes are available: 2 Insufficient cpu. preemption: 0/2 nodes"
                                + " are available: 2 No preemption victims found for incoming pod.",
                        0));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void chooses(Case c) {
        c.there().forEach(world::with);
        c.budgets().forEach(world.cluster::put);
        assertThat(world.explain(pod("p", 10, "2"))).isEqualTo(c.expected());
        assertThat(world.victims.stream().mapToLong(count -> count).sum()).isEqualTo(c.victims());
        // Trying changed nothing.
        assertThat(world.nodes().podCount()).isEqualTo(c.there().size());
    }

    @Test
    void aPodThatNeverPreemptsWaits() {
        world.with(on("a", "x", 1, "4", EARLY), on("b", "y", 1, "4", EARLY));
        Pod polite = new PodBuilder(pod("p", 10, "2"))
                .editSpec()
                .withPreemptionPolicy("Never")
                .endSpec()
                .build();
        assertThat(world.explain(polite)).endsWith("preemption: not eligible due to preemptionPolicy=Never.");
    }

    @Test
    void aPodTooLargeForAnyNodeRemovesNobody() {
        world.with(on("a", "x", 1, "4", EARLY), on("b", "y", 1, "4", EARLY));
        assertThat(world.explain(pod("p", 10, "5")))
                .endsWith("preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.");
        assertThat(world.victims).isEmpty();
    }

    @Test
    void theRoomMadeIsKeptForThePodItWasMadeFor() {
        PodInfo important = world.info(pod("important", 10, "3"));
        world.shared.nominations().put("a", important);
        world.with(on("b", "y", 10, "4", EARLY));
        assertThat(world.explain(pod("same", 10, "2"))).startsWith("0/2 nodes are available: 2 Insufficient cpu.");
        assertThat(world.explain(pod("small", 1, "1"))).isEqualTo("-> a");
        assertThat(world.explain(pod("more-important", 11, "2"))).isEqualTo("-> a");
        assertThat(world.select(important)).isInstanceOf(Selection.Outcome.Found.class);
    }

    @Test
    void aNominationOfLowerPriorityIsTakenBack() {
        world.with(on("a", "x", 1, "4", EARLY), on("b", "y", 20, "4", EARLY));
        world.shared.nominations().put("a", world.info(pod("lower", 5, "4")));
        assertThat(world.explain(pod("p", 10, "2"))).isEqualTo("nominated a");
        assertThat(world.shared.nominations().on("a")).isEmpty();
        // One call removes the victim, one tells the other pod.
        assertThat(world.calls).hasSize(2);
    }

    @Test
    void nothingIsRemovedTwiceForOnePod() {
        world.with(on("a", "x", 1, "4", EARLY), on("b", "y", 20, "4", EARLY));
        Pod pod = pod("p", 10, "2");
        assertThat(world.explain(pod)).isEqualTo("nominated a");
        assertThat(world.explain(pod)).endsWith("preemption: waiting for the preemption for this pod to be finished");
        assertThat(world.calls).hasSize(1);
    }

    @Test
    void antiAffinityOfAVictimGoesWithIt() {
        Pod shy = on("a", "x", 1, "1", EARLY).toBuilder()
                .editSpec()
                .editOrNewAffinity()
                .editOrNewPodAntiAffinity()
                .addNewRequiredDuringSchedulingIgnoredDuringExecution()
                .withTopologyKey("kubernetes.io/hostname")
                .withNewLabelSelector()
                .endLabelSelector()
                .endRequiredDuringSchedulingIgnoredDuringExecution()
                .endPodAntiAffinity()
                .endAffinity()
                .endSpec()
                .build();
        world.with(shy, on("b", "y", 20, "4", EARLY));
        assertThat(world.explain(pod("p", 10, "1"))).isEqualTo("nominated a");
        assertThat(Objects.requireNonNull(world.nodes().find("a")).pods()).hasSize(1);
    }
}
