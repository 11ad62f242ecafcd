package io.jubernetes.controllermanager.autoscaling;

import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscalerCondition;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscalerConditionBuilder;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscalerStatus;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscalerStatusBuilder;
import io.fabric8.kubernetes.api.model.autoscaling.v2.MetricStatus;
import io.jubernetes.controllermanager.workload.Times;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/// An autoscaler's status as one round writes it. Not thread-safe.
final class AutoscalerStatus {
    private final HorizontalPodAutoscaler hpa;
    private final Instant now;
    private final HorizontalPodAutoscalerStatusBuilder status;
    private final List<HorizontalPodAutoscalerCondition> conditions;

    AutoscalerStatus(HorizontalPodAutoscaler hpa, Instant now) {
        this.hpa = hpa;
        this.now = now;
        HorizontalPodAutoscalerStatus old =
                hpa.getStatus() == null ? new HorizontalPodAutoscalerStatus() : hpa.getStatus();
        this.status = new HorizontalPodAutoscalerStatusBuilder(old);
        this.conditions = new ArrayList<>(old.getConditions());
    }

    void set(String type, String value, String reason, String message) {
        HorizontalPodAutoscalerCondition there = conditions.stream()
                .filter(condition -> type.equals(condition.getType()))
                .findFirst()
                .orElse(null);
        String since =
                there != null && value.equals(there.getStatus()) ? there.getLastTransitionTime() : Times.text(now);
        HorizontalPodAutoscalerCondition fresh = new HorizontalPodAutoscalerConditionBuilder()
                .withType(type)
                .withStatus(value)
                .withReason(reason)
                .withMessage(message)
                .withLastTransitionTime(since)
                .build();
        if (there == null) {
            conditions.add(fresh);
        } else {
            conditions.set(conditions.indexOf(there), fresh);
        }
    }

    void granted(ScaleRules.Granted granted) {
        if (granted.stabilized().isEmpty()) {
            set("AbleToScale", "True", "ReadyForNewScale", "recommended size matches current size");
        } else {
            set("AbleToScale", "True", granted.stabilized(), granted.stabilizedMessage());
        }
        if (granted.limit().isEmpty()) {
            set("ScalingLimited", "False", "DesiredWithinRange", "the desired count is within the acceptable range");
        } else {
            set("ScalingLimited", "True", granted.limit(), granted.limitMessage());
        }
    }

    void replicas(int current, int desired) {
        status.withCurrentReplicas(current).withDesiredReplicas(desired);
    }

    void metrics(List<MetricStatus> metrics) {
        status.withCurrentMetrics(metrics);
    }

    void scaled() {
        status.withLastScaleTime(Times.text(now));
    }

    HorizontalPodAutoscalerStatus build() {
        return status.withObservedGeneration(hpa.getMetadata().getGeneration())
                .withConditions(conditions)
                .build();
    }
}
