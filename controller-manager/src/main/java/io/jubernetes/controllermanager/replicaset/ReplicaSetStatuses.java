package io.jubernetes.controllermanager.replicaset;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetCondition;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetConditionBuilder;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetStatus;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetStatusBuilder;
import io.jubernetes.common.controller.Failures;
import io.jubernetes.controllermanager.workload.Pods;
import io.jubernetes.controllermanager.workload.Times;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Computes a replica set's status.
final class ReplicaSetStatuses {
    private static final String FAILURE = "ReplicaFailure";

    private ReplicaSetStatuses() {}

    /// @param failure of carrying out the plan
    static ReplicaSetStatus of(
            ReplicaSet set,
            List<Pod> active,
            int terminating,
            ReplicaPlan plan,
            @Nullable RuntimeException failure,
            Instant now) {
        Map<String, String> template = set.getSpec().getTemplate() == null
                        || set.getSpec().getTemplate().getMetadata() == null
                        || set.getSpec().getTemplate().getMetadata().getLabels() == null
                ? Map.of()
                : set.getSpec().getTemplate().getMetadata().getLabels();
        int minReady =
                set.getSpec().getMinReadySeconds() == null ? 0 : set.getSpec().getMinReadySeconds();
        int labelled = 0;
        int ready = 0;
        int available = 0;
        for (Pod pod : active) {
            Map<String, String> labels = pod.getMetadata().getLabels();
            if (labels != null && labels.entrySet().containsAll(template.entrySet())) {
                labelled++;
            }
            if (Pods.isReady(pod)) {
                ready++;
                if (Pods.isAvailable(pod, minReady, now)) {
                    available++;
                }
            }
        }
        ReplicaSetStatus old = set.getStatus() == null ? new ReplicaSetStatus() : set.getStatus();
        return new ReplicaSetStatusBuilder()
                .withReplicas(active.size())
                .withFullyLabeledReplicas(positive(labelled))
                .withReadyReplicas(positive(ready))
                .withAvailableReplicas(positive(available))
                .withTerminatingReplicas(terminating)
                .withObservedGeneration(set.getMetadata().getGeneration())
                .withConditions(conditions(old, plan, failure, now))
                .build();
    }

    /// The API leaves zeros out.
    private static @Nullable Integer positive(int count) {
        return count == 0 ? null : Integer.valueOf(count);
    }

    private static List<ReplicaSetCondition> conditions(
            ReplicaSetStatus old, ReplicaPlan plan, @Nullable RuntimeException failure, Instant now) {
        var conditions = new ArrayList<>(old.getConditions());
        var there = conditions.stream()
                .filter(condition -> FAILURE.equals(condition.getType()))
                .findFirst();
        if (failure == null) {
            there.ifPresent(conditions::remove);
        } else if (there.isEmpty()) {
            conditions.add(new ReplicaSetConditionBuilder()
                    .withType(FAILURE)
                    .withStatus("True")
                    .withReason(plan.create() > 0 ? "FailedCreate" : "FailedDelete")
                    .withMessage(Failures.message(failure))
                    .withLastTransitionTime(Times.text(now))
                    .build());
        }
        return conditions;
    }
}
