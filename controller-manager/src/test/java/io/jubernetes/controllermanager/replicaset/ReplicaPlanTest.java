package io.jubernetes.controllermanager.replicaset;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReplicaPlanTest {
    private static final Instant NOW = Instant.parse("2026-01-01T12:00:00Z");

    private static PodBuilder builder(String name) {
        return new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withUid(name)
                .withCreationTimestamp("2026-01-01T00:00:00Z")
                .endMetadata()
                .withNewSpec()
                .withNodeName("n1")
                .endSpec()
                .withNewStatus()
                .withPhase("Running")
                .addNewCondition()
                .withType("Ready")
                .withStatus("True")
                .withLastTransitionTime("2026-01-01T00:00:00Z")
                .endCondition()
                .addNewContainerStatus()
                .withRestartCount(0)
                .endContainerStatus()
                .endStatus();
    }

    private static Pod pod(String name, UnaryOperator<PodBuilder> change) {
        return change.apply(builder(name)).build();
    }

    private static Pod pod(String name) {
        return builder(name).build();
    }

    record Case(String name, Pod goes, Pod stays, Map<String, Integer> podsOfNode) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Case> deletionOrder() {
        return Stream.of(
                new Case(
                        "without a node first",
                        pod("b", p -> p.editSpec().withNodeName(null).endSpec()),
                        pod("a"),
                        Map.of()),
                new Case(
                        "pending first",
                        pod("b", p -> p.editStatus().withPhase("Pending").endStatus()),
                        pod("a"),
                        Map.of()),
                new Case(
                        "not ready first",
                        pod(
                                "b",
                                p -> p.editStatus()
                                        .editFirstCondition()
                                        .withStatus("False")
                                        .endCondition()
                                        .endStatus()),
                        pod("a"),
                        Map.of()),
                new Case(
                        "cheap first",
                        pod(
                                "b",
                                p -> p.editMetadata()
                                        .addToAnnotations(DeletionOrder.COST, "-5")
                                        .endMetadata()),
                        pod("a"),
                        Map.of()),
                new Case(
                        "crowded first",
                        pod("b", p -> p.editSpec().withNodeName("n2").endSpec()),
                        pod("a"),
                        Map.of("n1", 1, "n2", 3)),
                new Case(
                        "ready for a short time first",
                        pod(
                                "b",
                                p -> p.editStatus()
                                        .editFirstCondition()
                                        .withLastTransitionTime("2026-01-01T11:59:00Z")
                                        .endCondition()
                                        .endStatus()),
                        pod("a"),
                        Map.of()),
                new Case(
                        "restarted often first",
                        pod(
                                "b",
                                p -> p.editStatus()
                                        .editFirstContainerStatus()
                                        .withRestartCount(3)
                                        .endContainerStatus()
                                        .endStatus()),
                        pod("a"),
                        Map.of()),
                new Case(
                        "young first",
                        pod(
                                "b",
                                p -> p.editMetadata()
                                        .withCreationTimestamp("2026-01-01T11:59:30Z")
                                        .endMetadata()),
                        pod("a"),
                        Map.of()));
    }

    @ParameterizedTest
    @MethodSource("deletionOrder")
    void deletes(Case c) {
        ReplicaPlan plan = ReplicaPlan.of(1, List.of(c.stays(), c.goes()), c.podsOfNode(), NOW);
        assertThat(plan).isEqualTo(new ReplicaPlan(0, List.of(c.goes())));
    }

    @Test
    void createsWhatIsMissingUpToABurst() {
        assertThat(ReplicaPlan.of(3, List.of(pod("a")), Map.of(), NOW).create()).isEqualTo(2);
        assertThat(ReplicaPlan.of(5000, List.of(), Map.of(), NOW).create()).isEqualTo(ReplicaPlan.BURST);
        assertThat(ReplicaPlan.of(1, List.of(pod("a")), Map.of(), NOW).isDone()).isTrue();
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void theOrderDoesNotDependOnHowPodsAreListed(long seed) {
        var random = new Random(seed);
        var pods = new ArrayList<Pod>();
        IntStream.range(0, 30)
                .forEach(i -> pods.add(pod(
                        "p" + i,
                        p -> p.editSpec()
                                .withNodeName("n" + random.nextInt(3))
                                .endSpec()
                                .editStatus()
                                .withPhase(random.nextBoolean() ? "Running" : "Pending")
                                .endStatus())));
        List<Pod> first = ReplicaPlan.of(10, pods, Map.of("n0", 4), NOW).delete();
        Collections.shuffle(pods, random);
        assertThat(ReplicaPlan.of(10, pods, Map.of("n0", 4), NOW).delete()).isEqualTo(first);
    }
}
