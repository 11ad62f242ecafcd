package io.jubernetes.controllermanager.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.JobStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JobPlanTest {
    private static Job job(UnaryOperator<JobBuilder> change) {
        return change.apply(new JobBuilder()
                        .withNewMetadata()
                        .withNamespace("ns")
                        .withName("j")
                        .withUid("j")
                        .endMetadata()
                        .withNewSpec()
                        .withCompletions(3)
                        .withParallelism(2)
                        .withBackoffLimit(6)
                        .withNewTemplate()
                        .withNewSpec()
                        .withRestartPolicy("Never")
                        .addNewContainer()
                        .withName("c")
                        .endContainer()
                        .endSpec()
                        .endTemplate()
                        .endSpec())
                .build();
    }

    /// A cluster of one job. A write may be lost at any point, as when the process dies.
    private static final class World {
        Job job;
        final List<Pod> pods = new ArrayList<>();
        final Random random;
        Instant now = Instant.parse("2026-01-01T00:00:00Z");
        int made;
        int failures;

        World(Job job, long seed) {
            this.job = job;
            this.random = new Random(seed);
        }

        boolean round(boolean mayDie) {
            JobPlan plan = JobPlan.of(job, pods, now);
            boolean idle = plan.status().equals(job.getStatus())
                    && plan.release().isEmpty()
                    && plan.create().isEmpty()
                    && plan.delete().isEmpty();
            if (mayDie && random.nextInt(4) == 0) {
                return true;
            }
            job = job.toBuilder().withStatus(plan.status()).build();
            if (mayDie && random.nextInt(4) == 0) {
                return true;
            }
            plan.release()
                    .forEach(pod -> replace(pod.toBuilder()
                            .editMetadata()
                            .removeFromFinalizers(JobPlan.FINALIZER)
                            .endMetadata()
                            .build()));
            plan.delete()
                    .forEach(pod -> replace(pod.toBuilder()
                            .editMetadata()
                            .withDeletionTimestamp(now.toString())
                            .endMetadata()
                            .build()));
            plan.create()
                    .forEach(index -> pods.add(JobPods.of(job, index, 0).toBuilder()
                            .editMetadata()
                            .withName("p" + made)
                            .withUid("p" + made++)
                            .withCreationTimestamp(now.toString())
                            .endMetadata()
                            .withNewStatus()
                            .withPhase("Running")
                            .endStatus()
                            .build()));
            return !idle;
        }

        void podsMove(int failingPercent) {
            now = now.plusSeconds(random.nextInt(40));
            for (Pod pod : List.copyOf(pods)) {
                boolean tracked = pod.getMetadata().getFinalizers().contains(JobPlan.FINALIZER);
                boolean running = pod.getStatus().getPhase().equals("Running");
                if (running && pod.getMetadata().getDeletionTimestamp() != null) {
                    phase(pod, "Failed");
                } else if (running && random.nextBoolean()) {
                    boolean fails = random.nextInt(100) < failingPercent;
                    failures += fails ? 1 : 0;
                    phase(pod, fails ? "Failed" : "Succeeded");
                } else if (!running && !tracked && random.nextInt(5) == 0) {
                    pods.remove(pod);
                }
            }
        }

        private void phase(Pod pod, String phase) {
            replace(pod.toBuilder().editStatus().withPhase(phase).endStatus().build());
        }

        private void replace(Pod pod) {
            pods.replaceAll(
                    each -> each.getMetadata().getUid().equals(pod.getMetadata().getUid()) ? pod : each);
        }

        String end() {
            for (int i = 0; i < 3000; i++) {
                boolean busy = round(i % 3 == 0);
                int active = (int) pods.stream()
                        .filter(pod -> pod.getStatus().getPhase().equals("Running"))
                        .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
                        .count();
                assertThat(active).isLessThanOrEqualTo(job.getSpec().getParallelism());
                if (JobPlan.isFinished(job) && !busy) {
                    return job.getStatus().getConditions().getLast().getType() + " "
                            + job.getStatus().getConditions().getLast().getReason();
                }
                podsMove(failing);
            }
            throw new AssertionError("no end: " + job.getStatus());
        }

        int failing;
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void everyPodIsCountedOnceWhateverIsLost(long seed) {
        var world = new World(job(j -> j.editSpec().withBackoffLimit(1000).endSpec()), seed);
        world.failing = 30;
        assertThat(world.end()).isEqualTo("Complete CompletionsReached");
        JobStatus status = world.job.getStatus();
        assertThat(status.getSucceeded()).isEqualTo(3);
        assertThat(status.getFailed() == null ? 0 : status.getFailed()).isGreaterThanOrEqualTo(world.failures);
        assertThat(status.getCompletionTime()).isNotNull();
        assertThat(world.pods)
                .allSatisfy(pod -> assertThat(pod.getMetadata().getFinalizers()).isEmpty());
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void anIndexedJobCompletesEachIndex(long seed) {
        var world = new World(
                job(j -> j.editSpec()
                        .withCompletionMode("Indexed")
                        .withCompletions(7)
                        .withParallelism(3)
                        .withBackoffLimit(1000)
                        .endSpec()),
                seed);
        world.failing = 30;
        assertThat(world.end()).isEqualTo("Complete CompletionsReached");
        assertThat(world.job.getStatus().getCompletedIndexes()).isEqualTo("0-6");
        assertThat(world.job.getStatus().getSucceeded()).isEqualTo(7);
    }

    @Test
    void tooManyFailuresEndIt() {
        var world = new World(job(j -> j.editSpec().withBackoffLimit(2).endSpec()), 1);
        world.failing = 100;
        assertThat(world.end()).isEqualTo("Failed BackoffLimitExceeded");
        assertThat(world.job.getStatus().getConditions())
                .extracting(condition -> condition.getType())
                .containsExactly("FailureTarget", "Failed");
    }

    @Test
    void aFailedPodIsReplacedAfterAPause() {
        var world = new World(job(j -> j.editSpec().withParallelism(1).endSpec()), 1);
        world.round(false);
        world.phase(world.pods.getFirst(), "Failed");
        JobPlan plan = JobPlan.of(world.job, world.pods, world.now.plusSeconds(1));
        assertThat(plan.create()).isEmpty();
        assertThat(plan.again()).isPresent();
        assertThat(JobPlan.of(world.job, world.pods, world.now.plusSeconds(11)).create())
                .hasSize(1);
    }

    @Test
    void aDeadlineEndsIt() {
        var world =
                new World(job(j -> j.editSpec().withActiveDeadlineSeconds(60L).endSpec()), 1);
        world.round(false);
        JobPlan late = JobPlan.of(world.job, world.pods, world.now.plusSeconds(61));
        assertThat(late.delete()).hasSize(2);
        assertThat(late.status().getConditions().getFirst().getReason()).isEqualTo("DeadlineExceeded");
    }

    @Test
    void aSuspendedJobHasNoPods() {
        var world = new World(job(j -> j), 1);
        world.round(false);
        world.job = world.job.toBuilder().editSpec().withSuspend(true).endSpec().build();
        assertThat(JobPlan.of(world.job, world.pods, world.now).delete()).hasSize(2);
    }

    @Test
    void indexesAreWrittenAsRanges() {
        for (String text : List.of("", "0", "0,1", "0-2", "0-2,4,6-9")) {
            assertThat(Indexes.text(Indexes.parse(text, 100))).isEqualTo(text);
        }
        assertThat(Indexes.text(Indexes.parse("x,5-3,-1,200,7", 100))).isEqualTo("7");
    }
}
