package io.jubernetes.controllermanager.statefulset;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSetBuilder;
import io.jubernetes.controllermanager.workload.Labels;
import io.jubernetes.controllermanager.workload.RevisionHistory;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StatefulPlanTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    private static StatefulSet set(int replicas, UnaryOperator<StatefulSetBuilder> change) {
        return change.apply(new StatefulSetBuilder()
                        .withNewMetadata()
                        .withNamespace("ns")
                        .withName("db")
                        .withUid("db")
                        .endMetadata()
                        .withNewSpec()
                        .withServiceName("db")
                        .withReplicas(replicas)
                        .withNewSelector()
                        .addToMatchLabels("a", "db")
                        .endSelector()
                        .withNewTemplate()
                        .withNewSpec()
                        .addNewContainer()
                        .withName("c")
                        .endContainer()
                        .endSpec()
                        .endTemplate()
                        .addNewVolumeClaimTemplate()
                        .withNewMetadata()
                        .withName("data")
                        .endMetadata()
                        .endVolumeClaimTemplate()
                        .endSpec())
                .build();
    }

    private static final class World {
        StatefulSet set;
        String current = "r1";
        String update = "r1";
        final List<Pod> pods = new ArrayList<>();
        final Random random;
        final List<String> history = new ArrayList<>();
        int made;

        World(StatefulSet set, long seed) {
            this.set = set;
            this.random = new Random(seed);
        }

        boolean round() {
            StatefulPlan plan = StatefulPlan.of(set, pods, current, update, NOW);
            plan.create().forEach((ordinal, revision) -> {
                history.add("+" + ordinal);
                pods.add(StatefulPods.of(set, set.getSpec().getTemplate(), revision, ordinal).toBuilder()
                        .editMetadata()
                        .withUid("u" + made++)
                        .endMetadata()
                        .withNewStatus()
                        .withPhase("Running")
                        .endStatus()
                        .build());
            });
            for (Pod pod : plan.delete()) {
                history.add("-" + StatefulPods.ordinal(set, pod));
                replace(pod.toBuilder()
                        .editMetadata()
                        .withDeletionTimestamp("2026-01-01T00:00:00Z")
                        .endMetadata()
                        .build());
            }
            boolean changed = !plan.status().equals(set.getStatus());
            set = set.toBuilder().withStatus(plan.status()).build();
            current = plan.status().getCurrentRevision();
            return changed || !plan.create().isEmpty() || !plan.delete().isEmpty();
        }

        boolean podsMove() {
            var moves = new ArrayList<Runnable>();
            for (Pod pod : pods) {
                if (pod.getMetadata().getDeletionTimestamp() != null) {
                    moves.add(() -> pods.remove(pod));
                } else if (pod.getStatus().getConditions().isEmpty()) {
                    moves.add(() -> replace(pod.toBuilder()
                            .editStatus()
                            .addNewCondition()
                            .withType("Ready")
                            .withStatus("True")
                            .withLastTransitionTime("2026-01-01T00:00:00Z")
                            .endCondition()
                            .endStatus()
                            .build()));
                }
            }
            if (moves.isEmpty()) {
                return false;
            }
            moves.get(random.nextInt(moves.size())).run();
            return true;
        }

        private void replace(Pod pod) {
            pods.replaceAll(
                    each -> each.getMetadata().getUid().equals(pod.getMetadata().getUid()) ? pod : each);
        }

        void settle() {
            for (int i = 0; i < 1000; i++) {
                boolean busy = round();
                if (!podsMove() && !busy) {
                    return;
                }
            }
            throw new AssertionError("does not settle: " + history);
        }

        List<String> revisions() {
            return pods.stream()
                    .map(pod ->
                            pod.getMetadata().getName() + "=" + Labels.of(pod).get(RevisionHistory.POD_LABEL))
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void podsComeAndGoInOrder(long seed) {
        var world = new World(set(3, s -> s), seed);
        world.settle();
        assertThat(world.history).containsExactly("+0", "+1", "+2");
        world.set = set(1, s -> s).toBuilder().withStatus(world.set.getStatus()).build();
        world.settle();
        assertThat(world.history).containsExactly("+0", "+1", "+2", "-2", "-1");
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void aNewRevisionGoesFromTheLastToTheFirst(long seed) {
        var world = new World(set(3, s -> s), seed);
        world.settle();
        world.history.clear();
        world.update = "r2";
        world.settle();
        assertThat(world.history).containsExactly("-2", "+2", "-1", "+1", "-0", "+0");
        assertThat(world.revisions()).containsExactly("db-0=r2", "db-1=r2", "db-2=r2");
        assertThat(world.set.getStatus().getCurrentRevision()).isEqualTo("r2");
    }

    @Test
    void aPartitionKeepsTheFirstOnes() {
        var world = new World(
                set(
                        3,
                        s -> s.editSpec()
                                .withNewUpdateStrategy()
                                .withType("RollingUpdate")
                                .withNewRollingUpdate()
                                .withPartition(2)
                                .endRollingUpdate()
                                .endUpdateStrategy()
                                .endSpec()),
                1);
        world.settle();
        world.update = "r2";
        world.settle();
        assertThat(world.revisions()).containsExactly("db-0=r1", "db-1=r1", "db-2=r2");
        assertThat(world.set.getStatus().getCurrentRevision()).isEqualTo("r1");
    }

    @Test
    void parallelPodsComeAtOnce() {
        var world = new World(
                set(3, s -> s.editSpec().withPodManagementPolicy("Parallel").endSpec()), 1);
        world.round();
        assertThat(world.history).containsExactly("+0", "+1", "+2");
    }

    @Test
    void ordinalsMayStartHigher() {
        var world = new World(set(2, s -> s.editSpec().withNewOrdinals(5).endSpec()), 1);
        world.settle();
        assertThat(world.revisions()).containsExactly("db-5=r1", "db-6=r1");
    }

    /// What is behind the failure may need the later pods: only the first one in trouble may go.
    @Test
    void scalingDownHaltsWhilePodsAreInTrouble() {
        var world = new World(set(3, s -> s), 1);
        world.settle();
        List.copyOf(world.pods).forEach(pod -> world.replace(unready(pod)));
        world.set = set(0, s -> s).toBuilder().withStatus(world.set.getStatus()).build();
        world.history.clear();
        world.round();
        assertThat(world.history).isEmpty();
    }

    @Test
    void theOnlyPodInTroubleMayGo() {
        var world = new World(set(3, s -> s), 1);
        world.settle();
        world.replace(unready(world.pods.get(2)));
        world.set = set(0, s -> s).toBuilder().withStatus(world.set.getStatus()).build();
        world.history.clear();
        world.round();
        assertThat(world.history).containsExactly("-2");
    }

    @Test
    void aPartitionCountsFromTheFirstOrdinal() {
        var world = new World(
                set(
                        3,
                        s -> s.editSpec()
                                .withNewOrdinals(5)
                                .withNewUpdateStrategy()
                                .withType("RollingUpdate")
                                .withNewRollingUpdate()
                                .withPartition(2)
                                .endRollingUpdate()
                                .endUpdateStrategy()
                                .endSpec()),
                1);
        world.settle();
        world.update = "r2";
        world.settle();
        assertThat(world.revisions()).containsExactly("db-5=r1", "db-6=r1", "db-7=r2");
    }

    @Test
    void onDeleteLeavesPodsAlone() {
        var world = new World(
                set(
                        2,
                        s -> s.editSpec()
                                .withNewUpdateStrategy()
                                .withType("OnDelete")
                                .endUpdateStrategy()
                                .endSpec()),
                1);
        world.settle();
        world.update = "r2";
        world.settle();
        assertThat(world.revisions()).containsExactly("db-0=r1", "db-1=r1");
        assertThat(world.set.getStatus().getCurrentRevision()).isEqualTo("r1");
    }

    private static Pod unready(Pod pod) {
        return pod.toBuilder()
                .editStatus()
                .withConditions(List.of())
                .endStatus()
                .build();
    }

    @Test
    void aFailedPodIsMadeAnew() {
        var world = new World(set(1, s -> s), 1);
        world.settle();
        world.replace(world.pods.getFirst().toBuilder()
                .editStatus()
                .withPhase("Failed")
                .endStatus()
                .build());
        world.settle();
        assertThat(world.history).containsExactly("+0", "-0", "+0");
    }

    @Test
    void podsHaveTheirNamesAndClaims() {
        StatefulSet set = set(1, s -> s);
        Pod pod = StatefulPods.of(set, set.getSpec().getTemplate(), "r1", 4);
        assertThat(pod.getMetadata().getName()).isEqualTo("db-4");
        assertThat(pod.getSpec().getHostname()).isEqualTo("db-4");
        assertThat(pod.getSpec().getSubdomain()).isEqualTo("db");
        assertThat(pod.getSpec()
                        .getVolumes()
                        .getFirst()
                        .getPersistentVolumeClaim()
                        .getClaimName())
                .isEqualTo("data-db-4");
        assertThat(StatefulPods.claims(set, 4).getFirst().getMetadata().getName())
                .isEqualTo("data-db-4");
    }
}
