package io.jubernetes.controllermanager.job;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobCondition;
import io.fabric8.kubernetes.api.model.batch.v1.JobConditionBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.JobStatus;
import io.fabric8.kubernetes.api.model.batch.v1.JobStatusBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.SuccessPolicyRule;
import io.jubernetes.controllermanager.workload.Pods;
import io.jubernetes.controllermanager.workload.Times;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The next step of a job. Pure.
///
/// A finished pod is counted in two steps, so that it is counted once whatever fails in between: its uid is
/// written into the status as uncounted, then its finalizer is taken off, and once that is seen the counters take
/// it over.
///
/// @param status to be written before anything else is done
/// @param release pods whose finalizer may go once the status is written
/// @param create completion indexes of pods to make, -1 for pods without
/// @param again when to look again although nothing happens
/// @param justFinished the condition that this step sets for good, if any
record JobPlan(
        JobStatus status,
        List<Pod> release,
        List<Integer> create,
        List<Pod> delete,
        Optional<Duration> again,
        Optional<JobCondition> justFinished) {
    static final String FINALIZER = "batch.kubernetes.io/job-tracking";
    private static final int BURST = 500;

    static JobPlan of(Job job, List<Pod> pods, Instant now) {
        return new Decision(job, pods, now).decide();
    }

    static boolean isFinished(Job job) {
        return job.getStatus() != null
                && job.getStatus().getConditions().stream()
                        .anyMatch(condition -> "True".equals(condition.getStatus())
                                && ("Complete".equals(condition.getType()) || "Failed".equals(condition.getType())));
    }

    private static final class Decision {
        private final Job job;
        private final List<Pod> pods;
        private final Instant now;
        private final JobStatus old;
        private final boolean indexed;
        private final int completions;
        private final List<JobCondition> conditions;
        private final Set<String> uncountedSucceeded = new LinkedHashSet<>();
        private final Set<String> uncountedFailed = new LinkedHashSet<>();
        /// Failed pods that the policy says to leave out of all counts.
        private final List<Pod> ignored = new ArrayList<>();
        private final BitSet doneIndexes;
        private final BitSet failedIndexes;
        private int succeeded;
        private int failed;
        private @Nullable String startTime;
        private Optional<Duration> again = Optional.empty();

        Decision(Job job, List<Pod> pods, Instant now) {
            this.job = job;
            this.pods = pods;
            this.now = now;
            this.old = job.getStatus() == null ? new JobStatus() : job.getStatus();
            this.indexed = "Indexed".equals(job.getSpec().getCompletionMode());
            this.completions = Objects.requireNonNullElse(job.getSpec().getCompletions(), Integer.MAX_VALUE);
            this.conditions = new ArrayList<>(old.getConditions());
            this.doneIndexes = Indexes.parse(old.getCompletedIndexes(), completions);
            this.failedIndexes = Indexes.parse(old.getFailedIndexes(), completions);
            this.succeeded = value(old.getSucceeded());
            this.failed = value(old.getFailed());
            this.startTime = old.getStartTime();
        }

        JobPlan decide() {
            if (isFinished(job)) {
                // Only what is left of its pods is to be let go.
                return new JobPlan(
                        old,
                        pods.stream().filter(this::isTracked).toList(),
                        List.of(),
                        pods.stream().filter(Pods::isActive).toList(),
                        Optional.empty(),
                        Optional.empty());
            }
            boolean suspended = Boolean.TRUE.equals(job.getSpec().getSuspend());
            if (startTime == null && !suspended) {
                startTime = Times.text(now);
            }
            count();
            List<Pod> active = pods.stream().filter(Pods::isActive).toList();
            int terminating = (int) pods.stream()
                    .filter(pod -> Pods.isTerminating(pod) && !Pods.isTerminal(pod))
                    .count();
            judge(active);
            boolean failing = is("FailureTarget");
            boolean succeeding = is("SuccessCriteriaMet");
            var create = new ArrayList<Integer>();
            var delete = new ArrayList<Pod>();
            Optional<JobCondition> finished = Optional.empty();
            if (failing || succeeding) {
                delete.addAll(active);
                if (active.isEmpty() && terminating == 0 && uncountedSucceeded.isEmpty() && uncountedFailed.isEmpty()) {
                    finished = Optional.of(finish(failing));
                }
            } else if (suspended) {
                delete.addAll(active);
                suspend(active.isEmpty());
            } else {
                resume();
                manage(active, terminating, create, delete);
            }
            List<Pod> release = pods.stream()
                    .filter(this::isTracked)
                    .filter(pod -> uncountedSucceeded.contains(uid(pod))
                            || uncountedFailed.contains(uid(pod))
                            || ignored.contains(pod))
                    .toList();
            int activeAfter = active.size() - delete.size() + create.size();
            return new JobPlan(
                    status(activeAfter, active, delete, terminating), release, create, delete, again, finished);
        }

        // Counting

        private void count() {
            Map<String, Pod> byUid = new HashMap<>();
            pods.forEach(pod -> byUid.put(uid(pod), pod));
            var uncounted = old.getUncountedTerminatedPods();
            if (uncounted != null) {
                for (String uid : uncounted.getSucceeded()) {
                    if (isReleased(byUid.get(uid))) {
                        succeeded += indexed ? 0 : 1;
                    } else {
                        uncountedSucceeded.add(uid);
                    }
                }
                for (String uid : uncounted.getFailed()) {
                    if (isReleased(byUid.get(uid))) {
                        failed++;
                    } else {
                        uncountedFailed.add(uid);
                    }
                }
            }
            for (Pod pod : pods) {
                if (!isTracked(pod)) {
                    continue;
                }
                if (Pods.phase(pod).equals("Succeeded")) {
                    uncountedSucceeded.add(uid(pod));
                    if (indexed && hasUsefulIndex(pod)) {
                        doneIndexes.set(Indexes.of(pod).orElseThrow());
                    }
                } else if (isFailed(pod)) {
                    fail(pod);
                }
            }
            if (indexed) {
                succeeded = doneIndexes.cardinality();
            }
        }

        private void fail(Pod pod) {
            FailurePolicy.Answer answer = FailurePolicy.of(job, pod);
            if (answer.action() == FailurePolicy.Action.IGNORE) {
                ignored.add(pod);
                return;
            }
            if (!uncountedFailed.add(uid(pod))) {
                return;
            }
            switch (answer.action()) {
                case FAIL_JOB -> set("FailureTarget", "PodFailurePolicy", answer.message());
                case FAIL_INDEX -> Indexes.of(pod).ifPresent(failedIndexes::set);
                case IGNORE, COUNT -> {
                    Integer perIndex = job.getSpec().getBackoffLimitPerIndex();
                    if (perIndex != null && Indexes.of(pod).isPresent() && failures(pod) >= perIndex) {
                        failedIndexes.set(Indexes.of(pod).getAsInt());
                    }
                }
            }
        }

        /// How often the index of a pod failed before it.
        private static int failures(Pod pod) {
            return io.jubernetes.controllermanager.workload.Labels.number(pod, JobPods.FAILURE_COUNT)
                    .orElse(0);
        }

        private boolean isReleased(@Nullable Pod pod) {
            return pod == null || !isTracked(pod);
        }

        private boolean isTracked(Pod pod) {
            return pod.getMetadata().getFinalizers().contains(FINALIZER);
        }

        private boolean hasUsefulIndex(Pod pod) {
            return Indexes.of(pod).isPresent() && Indexes.of(pod).getAsInt() < completions;
        }

        /// A pod that is being deleted counts as failed at once, unless the job wants to wait for its end.
        private boolean isFailed(Pod pod) {
            boolean waits = "Failed".equals(job.getSpec().getPodReplacementPolicy())
                    || job.getSpec().getPodFailurePolicy() != null;
            return Pods.phase(pod).equals("Failed") || (Pods.isTerminating(pod) && !waits);
        }

        private int succeededNow() {
            return indexed ? doneIndexes.cardinality() : succeeded + uncountedSucceeded.size();
        }

        private int failedNow() {
            return failed + uncountedFailed.size();
        }

        // Judging

        private void judge(List<Pod> active) {
            if (is("FailureTarget") || is("SuccessCriteriaMet")) {
                return;
            }
            Integer deadline = job.getSpec().getActiveDeadlineSeconds() == null
                    ? null
                    : (int) Math.min(Integer.MAX_VALUE, job.getSpec().getActiveDeadlineSeconds());
            Optional<Instant> start = Times.parse(startTime);
            if (deadline != null
                    && start.isPresent()
                    && !Boolean.TRUE.equals(job.getSpec().getSuspend())) {
                Instant end = start.get().plusSeconds(deadline);
                if (!end.isAfter(now)) {
                    set("FailureTarget", "DeadlineExceeded", "Job was active longer than specified deadline");
                    return;
                }
                lookAgain(Duration.between(now, end));
            }
            int limit = Objects.requireNonNullElse(job.getSpec().getBackoffLimit(), 6);
            if (failedNow() > limit || restarts(active) > Math.max(limit - 1, 0)) {
                set("FailureTarget", "BackoffLimitExceeded", "Job has reached the specified backoff limit");
                return;
            }
            if (indexed && job.getSpec().getBackoffLimitPerIndex() != null) {
                Integer max = job.getSpec().getMaxFailedIndexes();
                int bad = failedIndexes.cardinality();
                if (max != null && bad > max) {
                    set(
                            "FailureTarget",
                            "MaxFailedIndexesExceeded",
                            "Job has exceeded the specified maximal number of failed indexes");
                    return;
                }
                if (bad > 0 && bad + doneIndexes.cardinality() >= completions) {
                    set("FailureTarget", "FailedIndexes", "Job has failed indexes");
                    return;
                }
            }
            if (meetsSuccessPolicy()) {
                set("SuccessCriteriaMet", "SuccessPolicy", "Matched rules at index " + matchedRule);
                return;
            }
            boolean all = job.getSpec().getCompletions() == null
                    ? succeededNow() > 0 && active.isEmpty()
                    : succeededNow() >= completions;
            if (all && !Boolean.TRUE.equals(job.getSpec().getSuspend())
                    || (all && job.getSpec().getCompletions() != null)) {
                set("SuccessCriteriaMet", "CompletionsReached", "Reached expected number of succeeded pods");
            }
        }

        private int matchedRule;

        private boolean meetsSuccessPolicy() {
            var policy = job.getSpec().getSuccessPolicy();
            if (policy == null || !indexed) {
                return false;
            }
            List<SuccessPolicyRule> rules = policy.getRules();
            for (int i = 0; i < rules.size(); i++) {
                SuccessPolicyRule rule = rules.get(i);
                BitSet relevant = (BitSet) doneIndexes.clone();
                BitSet named = Indexes.parse(rule.getSucceededIndexes(), completions);
                if (rule.getSucceededIndexes() != null) {
                    relevant.and(named);
                }
                int needed = rule.getSucceededCount() != null ? rule.getSucceededCount() : named.cardinality();
                if (needed > 0 && relevant.cardinality() >= needed) {
                    matchedRule = i;
                    return true;
                }
            }
            return false;
        }

        /// With restartPolicy OnFailure failures are restarts of containers.
        private int restarts(List<Pod> active) {
            String policy = job.getSpec().getTemplate().getSpec().getRestartPolicy();
            return "OnFailure".equals(policy)
                    ? active.stream().mapToInt(Pods::restarts).sum()
                    : 0;
        }

        private JobCondition finish(boolean failing) {
            JobCondition target = find(failing ? "FailureTarget" : "SuccessCriteriaMet");
            JobCondition last = set(
                    failing ? "Failed" : "Complete",
                    target == null ? "" : target.getReason(),
                    target == null ? "" : target.getMessage());
            return last;
        }

        private void suspend(boolean stopped) {
            if (!is("Suspended")) {
                set("Suspended", "JobSuspended", "Job suspended");
            }
            if (stopped) {
                startTime = null;
            }
        }

        private void resume() {
            if (is("Suspended")) {
                conditions.removeIf(condition -> "Suspended".equals(condition.getType()));
                conditions.add(condition("Suspended", "False", "JobResumed", "Job resumed"));
                startTime = Times.text(now);
            }
        }

        // Pods

        private void manage(List<Pod> active, int terminating, List<Integer> create, List<Pod> delete) {
            int parallelism = Objects.requireNonNullElse(job.getSpec().getParallelism(), 1);
            int wanted = job.getSpec().getCompletions() == null
                    ? (succeededNow() > 0 ? Math.min(active.size(), parallelism) : parallelism)
                    : Math.min(completions - succeededNow() - (indexed ? failedIndexes.cardinality() : 0), parallelism);
            wanted = Math.max(0, wanted);
            if (active.size() > wanted) {
                active.stream()
                        .sorted(Comparator.comparing(Pods::isReady)
                                .thenComparing(
                                        pod -> Objects.requireNonNullElse(
                                                pod.getMetadata().getCreationTimestamp(), ""),
                                        Comparator.reverseOrder()))
                        .limit(active.size() - wanted)
                        .forEach(delete::add);
                return;
            }
            boolean waits = "Failed".equals(job.getSpec().getPodReplacementPolicy());
            int missing = Math.min(wanted - active.size() - (waits ? terminating : 0), BURST);
            if (missing <= 0) {
                return;
            }
            Optional<Duration> backoff = FailureBackoff.left(pods, now);
            if (backoff.isPresent()) {
                lookAgain(backoff.get());
                return;
            }
            if (!indexed) {
                for (int i = 0; i < missing; i++) {
                    create.add(-1);
                }
                return;
            }
            BitSet taken = (BitSet) doneIndexes.clone();
            taken.or(failedIndexes);
            active.forEach(pod -> Indexes.of(pod).ifPresent(taken::set));
            for (int index = taken.nextClearBit(0);
                    index < completions && create.size() < missing;
                    index = taken.nextClearBit(index + 1)) {
                create.add(index);
            }
        }

        // Status

        private JobStatus status(int active, List<Pod> activeBefore, List<Pod> deleted, int terminating) {
            int ready = (int) activeBefore.stream()
                    .filter(pod -> !deleted.contains(pod) && Pods.isReady(pod))
                    .count();
            var status = new JobStatusBuilder()
                    .withStartTime(startTime)
                    .withConditions(conditions)
                    .withActive(active == 0 ? null : Integer.valueOf(active))
                    .withReady(ready)
                    .withTerminating(terminating + deleted.size())
                    .withSucceeded(succeeded == 0 ? null : Integer.valueOf(succeeded))
                    .withFailed(failed <= 0 ? null : Integer.valueOf(failed))
                    .withCompletedIndexes(indexed && !doneIndexes.isEmpty() ? Indexes.text(doneIndexes) : null)
                    .withFailedIndexes(
                            indexed && job.getSpec().getBackoffLimitPerIndex() != null
                                    ? Indexes.text(failedIndexes)
                                    : null)
                    .withNewUncountedTerminatedPods()
                    .withSucceeded(List.copyOf(uncountedSucceeded))
                    .withFailed(List.copyOf(uncountedFailed))
                    .endUncountedTerminatedPods();
            if (is("Complete")) {
                status.withCompletionTime(Times.text(now));
            }
            return status.build();
        }

        private boolean is(String type) {
            JobCondition condition = find(type);
            return condition != null && "True".equals(condition.getStatus());
        }

        private @Nullable JobCondition find(String type) {
            return conditions.stream()
                    .filter(condition -> type.equals(condition.getType()))
                    .findFirst()
                    .orElse(null);
        }

        private JobCondition set(String type, String reason, String message) {
            JobCondition fresh = condition(type, "True", reason, message);
            conditions.removeIf(condition -> type.equals(condition.getType()));
            conditions.add(fresh);
            return fresh;
        }

        private JobCondition condition(String type, String status, String reason, String message) {
            return new JobConditionBuilder()
                    .withType(type)
                    .withStatus(status)
                    .withReason(reason)
                    .withMessage(message)
                    .withLastProbeTime(Times.text(now))
                    .withLastTransitionTime(Times.text(now))
                    .build();
        }

        private void lookAgain(Duration after) {
            again = again.filter(there -> there.compareTo(after) <= 0).or(() -> Optional.of(after));
        }

        private static String uid(Pod pod) {
            return pod.getMetadata().getUid();
        }

        private static int value(@Nullable Integer count) {
            return count == null ? 0 : count;
        }
    }
}
