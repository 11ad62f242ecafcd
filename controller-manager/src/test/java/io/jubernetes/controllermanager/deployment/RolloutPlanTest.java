package io.jubernetes.controllermanager.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatus;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetStatusBuilder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RolloutPlanTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private static Deployment deployment(int replicas, String image, String strategy, int surge, int unavailable) {
        var builder = new DeploymentBuilder()
                .withNewMetadata()
                .withNamespace("ns")
                .withName("web")
                .withUid("d")
                .withGeneration(1L)
                .endMetadata()
                .withNewSpec()
                .withReplicas(replicas)
                .withProgressDeadlineSeconds(600)
                .withRevisionHistoryLimit(2)
                .withNewSelector()
                .addToMatchLabels("app", "web")
                .endSelector()
                .withNewTemplate()
                .withNewMetadata()
                .addToLabels("app", "web")
                .endMetadata()
                .withNewSpec()
                .addNewContainer()
                .withName("c")
                .withImage(image)
                .endContainer()
                .endSpec()
                .endTemplate()
                .withNewStrategy()
                .withType(strategy)
                .endStrategy()
                .endSpec();
        if (strategy.equals("RollingUpdate")) {
            builder.editSpec()
                    .editStrategy()
                    .withNewRollingUpdate()
                    .withMaxSurge(new IntOrString(surge))
                    .withMaxUnavailable(new IntOrString(unavailable))
                    .endRollingUpdate()
                    .endStrategy()
                    .endSpec();
        }
        return builder.build();
    }

    /// A cluster of one deployment: applies plans, lets pods come up at random, keeps status as the controllers
    /// would.
    private static final class World {
        Deployment deployment;
        final List<ReplicaSet> sets = new ArrayList<>();
        final Random random;
        int made;
        int time;

        World(Deployment deployment, long seed) {
            this.deployment = deployment;
            this.random = new Random(seed);
        }

        List<Step> plan() {
            boolean oldRuns = sets.stream()
                    .filter(set -> !set.equals(RolloutPlan.newSet(deployment, sets)))
                    .anyMatch(set -> value(
                                    set.getStatus() == null
                                            ? null
                                            : set.getStatus().getReplicas())
                            > 0);
            return RolloutPlan.of(deployment, sets, oldRuns);
        }

        boolean round() {
            List<Step> steps = plan();
            steps.forEach(this::apply);
            var status = DeploymentStatuses.of(
                    deployment, RolloutPlan.newSet(deployment, sets), sets, null, START.plusSeconds(time++));
            boolean changed = !status.equals(deployment.getStatus());
            deployment = deployment.toBuilder().withStatus(status).build();
            return changed || !steps.isEmpty();
        }

        private void apply(Step step) {
            switch (step) {
                case Step.Create(var set) ->
                    sets.add(set.toBuilder()
                            .editMetadata()
                            .withUid("rs" + made)
                            .withGeneration(1L)
                            .withCreationTimestamp(START.plusSeconds(made++).toString())
                            .endMetadata()
                            .build());
                case Step.Scale scale -> replace(scale.set());
                case Step.Update(var set) -> replace(set);
                case Step.Delete(var set) -> sets.removeIf(each -> uid(each).equals(uid(set)));
                case Step.SetRevision(var revision) ->
                    deployment = deployment.toBuilder()
                            .editMetadata()
                            .addToAnnotations(Revisions.REVISION, revision)
                            .endMetadata()
                            .build();
            }
        }

        /// One pod of one set appears, becomes available, or ends.
        boolean podsMove() {
            var moves = new ArrayList<Runnable>();
            for (ReplicaSet set : List.copyOf(sets)) {
                int wanted = set.getSpec().getReplicas();
                int there =
                        value(set.getStatus() == null ? null : set.getStatus().getReplicas());
                int available =
                        value(set.getStatus() == null ? null : set.getStatus().getAvailableReplicas());
                if (there < wanted) {
                    moves.add(() -> status(set, there + 1, available));
                } else if (there > wanted) {
                    moves.add(() -> status(set, there - 1, Math.min(available, there - 1)));
                }
                if (available < Math.min(there, wanted)) {
                    moves.add(() -> status(set, there, available + 1));
                }
            }
            if (moves.isEmpty()) {
                return false;
            }
            moves.get(random.nextInt(moves.size())).run();
            return true;
        }

        private void status(ReplicaSet set, int replicas, int available) {
            replace(set.toBuilder()
                    .withStatus(new ReplicaSetStatusBuilder()
                            .withReplicas(replicas)
                            .withReadyReplicas(available)
                            .withAvailableReplicas(available)
                            .withObservedGeneration(set.getMetadata().getGeneration())
                            .build())
                    .build());
        }

        private void replace(ReplicaSet set) {
            sets.replaceAll(each -> uid(each).equals(uid(set)) ? set : each);
        }

        void settle() {
            for (int i = 0; i < 2000; i++) {
                boolean busy = round();
                if (!podsMove() && !busy) {
                    return;
                }
            }
            throw new AssertionError("does not settle: " + plan());
        }

        int available() {
            return sets.stream()
                    .mapToInt(set -> value(
                            set.getStatus() == null ? null : set.getStatus().getAvailableReplicas()))
                    .sum();
        }

        void change(Deployment to) {
            deployment = to.toBuilder()
                    .editMetadata()
                    .withAnnotations(deployment.getMetadata().getAnnotations())
                    .endMetadata()
                    .withStatus(deployment.getStatus())
                    .build();
        }
    }

    private static int value(@org.jspecify.annotations.Nullable Integer count) {
        return count == null ? 0 : count;
    }

    private static String uid(ReplicaSet set) {
        return set.getMetadata().getUid();
    }

    @Test
    void theFirstRoundMakesASetOfFullSize() {
        List<Step> steps = RolloutPlan.of(deployment(3, "v1", "RollingUpdate", 1, 1), List.of(), false);
        assertThat(steps).hasSize(2);
        assertThat(steps.getFirst()).isInstanceOfSatisfying(Step.Create.class, create -> {
            ReplicaSet set = create.set();
            assertThat(set.getSpec().getReplicas()).isEqualTo(3);
            String hash = set.getMetadata().getLabels().get(RolloutPlan.HASH_LABEL);
            assertThat(set.getMetadata().getName()).isEqualTo("web-" + hash);
            assertThat(set.getSpec().getSelector().getMatchLabels())
                    .isEqualTo(Map.of("app", "web", RolloutPlan.HASH_LABEL, Objects.requireNonNull(hash)));
            assertThat(set.getMetadata().getAnnotations())
                    .containsEntry(Revisions.REVISION, "1")
                    .containsEntry(Revisions.DESIRED, "3")
                    .containsEntry(Revisions.MAX, "4");
        });
        assertThat(steps.get(1)).isEqualTo(new Step.SetRevision("1"));
    }

    /// Whatever the order in which pods come and go: never too many, never too few available, and in the end all
    /// new.
    @ParameterizedTest(name = "replicas {0}, surge {1}, unavailable {2}")
    @CsvSource({"1,1,0", "3,1,0", "4,0,1", "10,3,2", "7,7,0", "5,0,5", "2,0,0"})
    void aRollingUpdateKeepsItsLimits(int replicas, int surge, int unavailable) {
        for (long seed = 0; seed < 20; seed++) {
            var world = new World(deployment(replicas, "v1", "RollingUpdate", surge, unavailable), seed);
            world.settle();
            assertThat(world.available()).isEqualTo(replicas);
            world.change(deployment(replicas, "v2", "RollingUpdate", surge, unavailable));
            Limits limits = Limits.of(world.deployment);
            for (int i = 0; i < 2000; i++) {
                boolean busy = world.round();
                int total = world.sets.stream()
                        .mapToInt(set -> set.getSpec().getReplicas())
                        .sum();
                assertThat(total).isLessThanOrEqualTo(limits.maxTotal());
                assertThat(world.available()).isGreaterThanOrEqualTo(limits.minAvailable());
                if (!world.podsMove() && !busy) {
                    break;
                }
            }
            ReplicaSet current = Objects.requireNonNull(RolloutPlan.newSet(world.deployment, world.sets));
            assertThat(current.getStatus().getAvailableReplicas()).isEqualTo(replicas);
            assertThat(world.available()).isEqualTo(replicas);
            assertThat(current.getMetadata().getAnnotations()).containsEntry(Revisions.REVISION, "2");
            assertThat(world.plan()).isEmpty();
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void scalingAndNewImagesInTheMiddleEndWhereTheyShould(long seed) {
        var random = new Random(seed);
        var world = new World(deployment(5, "v0", "RollingUpdate", 2, 1), seed);
        int replicas = 5;
        String image = "v0";
        for (int change = 0; change < 12; change++) {
            if (random.nextBoolean()) {
                replicas = random.nextInt(12);
            } else {
                image = "v" + random.nextInt(4);
            }
            world.change(deployment(replicas, image, "RollingUpdate", 2, 1));
            for (int i = random.nextInt(25); i > 0; i--) {
                world.round();
                world.podsMove();
            }
        }
        world.settle();
        ReplicaSet current = Objects.requireNonNull(RolloutPlan.newSet(world.deployment, world.sets));
        assertThat(current.getSpec().getReplicas()).isEqualTo(replicas);
        assertThat(world.available()).isEqualTo(replicas);
        assertThat(current.getSpec()
                        .getTemplate()
                        .getSpec()
                        .getContainers()
                        .getFirst()
                        .getImage())
                .isEqualTo(image);
        assertThat(world.sets.size()).isLessThanOrEqualTo(3);
        assertThat(condition(world.deployment, "Progressing")).isEqualTo("True NewReplicaSetAvailable");
        assertThat(condition(world.deployment, "Available")).isEqualTo("True MinimumReplicasAvailable");
    }

    private static String condition(Deployment deployment, String type) {
        return deployment.getStatus().getConditions().stream()
                .filter(condition -> condition.getType().equals(type))
                .map(condition -> condition.getStatus() + " " + condition.getReason())
                .findFirst()
                .orElse("none");
    }

    @Test
    void recreateWaitsForTheLastOldPod() {
        var world = new World(deployment(2, "v1", "Recreate", 0, 0), 1);
        world.settle();
        world.change(deployment(2, "v2", "Recreate", 0, 0));
        world.round();
        assertThat(world.sets).hasSize(1);
        assertThat(world.sets.getFirst().getSpec().getReplicas()).isZero();
        assertThat(RolloutPlan.of(world.deployment, world.sets, true)).isEmpty();
        world.settle();
        assertThat(world.sets).hasSize(2);
        assertThat(world.available()).isEqualTo(2);
    }

    @Test
    void aPausedDeploymentScalesButDoesNotRoll() {
        var world = new World(deployment(4, "v1", "RollingUpdate", 1, 1), 1);
        world.settle();
        world.change(deployment(6, "v2", "RollingUpdate", 1, 1).toBuilder()
                .editSpec()
                .withPaused(true)
                .endSpec()
                .build());
        world.settle();
        assertThat(world.sets).hasSize(1);
        assertThat(world.available()).isEqualTo(6);
        assertThat(condition(world.deployment, "Progressing")).isEqualTo("Unknown DeploymentPaused");
        world.change(deployment(6, "v2", "RollingUpdate", 1, 1));
        world.settle();
        assertThat(world.sets).hasSize(2);
        assertThat(condition(world.deployment, "Progressing")).isEqualTo("True NewReplicaSetAvailable");
    }

    @Test
    void goingBackToAnOldTemplateTakesItsSetAndANewRevision() {
        var world = new World(deployment(2, "v1", "RollingUpdate", 1, 0), 1);
        world.settle();
        world.change(deployment(2, "v2", "RollingUpdate", 1, 0));
        world.settle();
        world.change(deployment(2, "v1", "RollingUpdate", 1, 0));
        world.settle();
        assertThat(world.sets).hasSize(2);
        ReplicaSet current = Objects.requireNonNull(RolloutPlan.newSet(world.deployment, world.sets));
        assertThat(current.getMetadata().getAnnotations())
                .containsEntry(Revisions.REVISION, "3")
                .containsEntry(Revisions.HISTORY, "1");
        assertThat(world.deployment.getMetadata().getAnnotations()).containsEntry(Revisions.REVISION, "3");
    }

    @Test
    void noProgressForTooLongIsSaid() {
        Deployment deployment = deployment(1, "v1", "RollingUpdate", 1, 0);
        var world = new World(deployment, 1);
        world.round();
        world.round();
        DeploymentStatus status = DeploymentStatuses.of(
                world.deployment,
                RolloutPlan.newSet(world.deployment, world.sets),
                world.sets,
                null,
                START.plusSeconds(5000));
        assertThat(condition(world.deployment.toBuilder().withStatus(status).build(), "Progressing"))
                .isEqualTo("False ProgressDeadlineExceeded");
    }

    @Test
    void oldRevisionsBeyondTheLimitGo() {
        var world = new World(deployment(1, "v0", "RollingUpdate", 1, 0), 1);
        for (int i = 1; i < 6; i++) {
            world.settle();
            world.change(deployment(1, "v" + i, "RollingUpdate", 1, 0));
        }
        world.settle();
        assertThat(world.sets.stream().map(Revisions::of)).containsExactlyInAnyOrder(4L, 5L, 6L);
    }
}
