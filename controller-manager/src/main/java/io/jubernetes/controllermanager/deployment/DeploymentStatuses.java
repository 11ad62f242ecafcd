package io.jubernetes.controllermanager.deployment;

import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentCondition;
import io.fabric8.kubernetes.api.model.apps.DeploymentConditionBuilder;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatus;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatusBuilder;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetCondition;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetStatus;
import io.jubernetes.controllermanager.workload.Times;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Computes a deployment's status: counts, and the conditions Available, Progressing and ReplicaFailure. Pure.
final class DeploymentStatuses {
    private static final String PROGRESSING = "Progressing";
    private static final String AVAILABLE = "Available";
    private static final String FAILURE = "ReplicaFailure";
    private static final String DONE = "NewReplicaSetAvailable";
    private static final String TIMED_OUT = "ProgressDeadlineExceeded";

    private final Deployment deployment;
    private final DeploymentStatus old;
    private final @Nullable ReplicaSet newSet;
    private final List<ReplicaSet> all;
    private final Instant now;
    private final List<DeploymentCondition> conditions;

    private DeploymentStatuses(Deployment deployment, @Nullable ReplicaSet newSet, List<ReplicaSet> all, Instant now) {
        this.deployment = deployment;
        this.old = deployment.getStatus() == null ? new DeploymentStatus() : deployment.getStatus();
        this.newSet = newSet;
        this.all = all;
        this.now = now;
        this.conditions = new ArrayList<>(old.getConditions());
    }

    /// @param created the name of a replica set that this round made, or null
    static DeploymentStatus of(
            Deployment deployment,
            @Nullable ReplicaSet newSet,
            List<ReplicaSet> all,
            @Nullable String created,
            Instant now) {
        return new DeploymentStatuses(deployment, newSet, all, now).compute(created);
    }

    /// When to look again because the time to make progress may have run out then.
    static Optional<Duration> untilTimeout(Deployment deployment, DeploymentStatus status, Instant now) {
        Integer limit = deployment.getSpec().getProgressDeadlineSeconds();
        DeploymentCondition progress = find(status.getConditions(), PROGRESSING);
        if (limit == null
                || limit == Integer.MAX_VALUE
                || progress == null
                || Boolean.TRUE.equals(deployment.getSpec().getPaused())
                || DONE.equals(progress.getReason())
                || TIMED_OUT.equals(progress.getReason())) {
            return Optional.empty();
        }
        return Times.parse(progress.getLastUpdateTime())
                .map(since -> Duration.between(now, since.plusSeconds(limit + 1L)))
                .map(left -> left.isNegative() ? Duration.ofSeconds(1) : left);
    }

    private DeploymentStatus compute(@Nullable String created) {
        int desired = Limits.of(deployment).desired();
        int wantedTotal = all.stream()
                .mapToInt(set -> Objects.requireNonNullElse(set.getSpec().getReplicas(), 1))
                .sum();
        int replicas = sum(all, ReplicaSetStatus::getReplicas);
        int updated = newSet == null ? 0 : sum(List.of(newSet), ReplicaSetStatus::getReplicas);
        int ready = sum(all, ReplicaSetStatus::getReadyReplicas);
        int available = sum(all, ReplicaSetStatus::getAvailableReplicas);
        availableCondition(available);
        boolean paused = Boolean.TRUE.equals(deployment.getSpec().getPaused());
        if (deployment.getSpec().getProgressDeadlineSeconds() != null
                && deployment.getSpec().getProgressDeadlineSeconds() != Integer.MAX_VALUE) {
            pausedCondition(paused);
            if (created != null) {
                set(PROGRESSING, "True", "NewReplicaSetCreated", "Created new replica set \"" + created + "\"");
            } else if (newSet != null && find(conditions, PROGRESSING) == null) {
                set(
                        PROGRESSING,
                        "True",
                        "FoundNewReplicaSet",
                        "Found new replica set \"" + newSet.getMetadata().getName() + "\"");
            }
            if (!paused) {
                progressCondition(desired, replicas, updated, ready, available);
            }
        }
        failureCondition();
        return new DeploymentStatusBuilder()
                .withObservedGeneration(deployment.getMetadata().getGeneration())
                .withReplicas(positive(replicas))
                .withUpdatedReplicas(positive(updated))
                .withReadyReplicas(positive(ready))
                .withAvailableReplicas(positive(available))
                .withUnavailableReplicas(positive(Math.max(0, wantedTotal - available)))
                .withTerminatingReplicas(sum(all, ReplicaSetStatus::getTerminatingReplicas))
                .withCollisionCount(old.getCollisionCount())
                .withConditions(conditions)
                .build();
    }

    private void availableCondition(int available) {
        if (available >= Limits.of(deployment).minAvailable()) {
            set(AVAILABLE, "True", "MinimumReplicasAvailable", "Deployment has minimum availability.");
        } else {
            set(AVAILABLE, "False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.");
        }
    }

    private void pausedCondition(boolean paused) {
        DeploymentCondition progress = find(conditions, PROGRESSING);
        if (progress != null && TIMED_OUT.equals(progress.getReason())) {
            return;
        }
        boolean wasPaused = progress != null && "DeploymentPaused".equals(progress.getReason());
        if (paused && !wasPaused) {
            set(PROGRESSING, "Unknown", "DeploymentPaused", "Deployment is paused");
        } else if (!paused && wasPaused) {
            set(PROGRESSING, "Unknown", "DeploymentResumed", "Deployment is resumed");
        }
    }

    private void progressCondition(int desired, int replicas, int updated, int ready, int available) {
        DeploymentCondition progress = find(conditions, PROGRESSING);
        boolean wasDone = replicas == updated && progress != null && DONE.equals(progress.getReason());
        if (wasDone) {
            return;
        }
        String subject = newSet == null
                ? "Deployment \"" + deployment.getMetadata().getName() + "\""
                : "ReplicaSet \"" + newSet.getMetadata().getName() + "\"";
        boolean done = newSet != null && updated == desired && replicas == desired && available == desired;
        boolean moved = updated > value(old.getUpdatedReplicas())
                || replicas - updated < value(old.getReplicas()) - value(old.getUpdatedReplicas())
                || ready > value(old.getReadyReplicas())
                || available > value(old.getAvailableReplicas());
        if (done) {
            set(PROGRESSING, "True", DONE, subject + " has successfully progressed.");
        } else if (moved) {
            // Set anew even when it says the same: its update time is what the deadline counts from.
            String since = progress != null && "True".equals(progress.getStatus())
                    ? progress.getLastTransitionTime()
                    : Times.text(now);
            conditions.removeIf(condition -> PROGRESSING.equals(condition.getType()));
            conditions.add(condition(PROGRESSING, "True", "ReplicaSetUpdated", subject + " is progressing.", since));
        } else if (isTimedOut(progress)) {
            set(PROGRESSING, "False", TIMED_OUT, subject + " has timed out progressing.");
        }
    }

    private boolean isTimedOut(@Nullable DeploymentCondition progress) {
        if (progress == null || DONE.equals(progress.getReason())) {
            return false;
        }
        if (TIMED_OUT.equals(progress.getReason())) {
            return true;
        }
        int limit = deployment.getSpec().getProgressDeadlineSeconds();
        return Times.parse(progress.getLastUpdateTime())
                .filter(since -> since.plusSeconds(limit).isBefore(now))
                .isPresent();
    }

    private void failureCondition() {
        Stream<ReplicaSet> newFirst = Stream.concat(Stream.ofNullable(newSet), all.stream());
        Optional<ReplicaSetCondition> failure = newFirst.filter(set -> set.getStatus() != null)
                .flatMap(set -> set.getStatus().getConditions().stream())
                .filter(condition -> FAILURE.equals(condition.getType()))
                .findFirst();
        if (failure.isPresent()) {
            set(
                    FAILURE,
                    failure.get().getStatus(),
                    failure.get().getReason(),
                    failure.get().getMessage());
        } else {
            conditions.removeIf(condition -> FAILURE.equals(condition.getType()));
        }
    }

    private void set(String type, String status, String reason, String message) {
        DeploymentCondition there = find(conditions, type);
        if (there != null && status.equals(there.getStatus()) && reason.equals(there.getReason())) {
            return;
        }
        String since =
                there != null && status.equals(there.getStatus()) ? there.getLastTransitionTime() : Times.text(now);
        conditions.removeIf(condition -> type.equals(condition.getType()));
        conditions.add(condition(type, status, reason, message, since));
    }

    private DeploymentCondition condition(String type, String status, String reason, String message, String since) {
        return new DeploymentConditionBuilder()
                .withType(type)
                .withStatus(status)
                .withReason(reason)
                .withMessage(message)
                .withLastTransitionTime(since)
                .withLastUpdateTime(Times.text(now))
                .build();
    }

    private static @Nullable DeploymentCondition find(List<DeploymentCondition> conditions, String type) {
        return conditions.stream()
                .filter(condition -> type.equals(condition.getType()))
                .findFirst()
                .orElse(null);
    }

    private static int sum(List<ReplicaSet> sets, Function<ReplicaSetStatus, @Nullable Integer> count) {
        return sets.stream()
                .filter(set -> set.getStatus() != null)
                .mapToInt(set -> value(count.apply(set.getStatus())))
                .sum();
    }

    private static int value(@Nullable Integer count) {
        return count == null ? 0 : count;
    }

    private static @Nullable Integer positive(int count) {
        return count == 0 ? null : Integer.valueOf(count);
    }
}
