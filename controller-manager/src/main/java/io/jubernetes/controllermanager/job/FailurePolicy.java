package io.jubernetes.controllermanager.job;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.PodFailurePolicyOnExitCodesRequirement;
import io.fabric8.kubernetes.api.model.batch.v1.PodFailurePolicyRule;
import io.jubernetes.controllermanager.workload.Pods;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/// What a job's pod failure policy says about a failed pod. Pure.
final class FailurePolicy {
    enum Action {
        COUNT,
        IGNORE,
        FAIL_INDEX,
        FAIL_JOB
    }

    /// @param message says which pod and why, for the job's condition
    record Answer(Action action, String message) {}

    private FailurePolicy() {}

    /// The first rule that matches decides; without one the failure counts.
    static Answer of(Job job, Pod pod) {
        var policy = job.getSpec().getPodFailurePolicy();
        List<PodFailurePolicyRule> rules = policy == null ? List.of() : policy.getRules();
        for (int i = 0; i < rules.size(); i++) {
            PodFailurePolicyRule rule = rules.get(i);
            Optional<String> reason =
                    rule.getOnExitCodes() != null ? byExitCode(rule.getOnExitCodes(), pod) : byCondition(rule, pod);
            if (reason.isPresent()) {
                Action action = switch (rule.getAction()) {
                    case "Ignore" -> Action.IGNORE;
                    case "FailIndex" -> Action.FAIL_INDEX;
                    case "FailJob" -> Action.FAIL_JOB;
                    default -> Action.COUNT;
                };
                return new Answer(action, reason.get() + " matching " + rule.getAction() + " rule at index " + i);
            }
        }
        return new Answer(Action.COUNT, "");
    }

    private static Optional<String> byExitCode(PodFailurePolicyOnExitCodesRequirement requirement, Pod pod) {
        Stream<ContainerStatus> statuses = pod.getStatus() == null
                ? Stream.empty()
                : Stream.concat(
                        pod.getStatus().getContainerStatuses().stream(),
                        pod.getStatus().getInitContainerStatuses().stream());
        return statuses.filter(status -> requirement.getContainerName() == null
                        || requirement.getContainerName().equals(status.getName()))
                .filter(status -> status.getState() != null && status.getState().getTerminated() != null)
                .filter(status -> {
                    Integer code = status.getState().getTerminated().getExitCode();
                    boolean listed = requirement.getValues().contains(code);
                    return code != null && code != 0 && listed == "In".equals(requirement.getOperator());
                })
                .findFirst()
                .map(status -> "Container " + status.getName() + " for pod "
                        + pod.getMetadata().getNamespace() + "/"
                        + pod.getMetadata().getName()
                        + " failed with exit code "
                        + status.getState().getTerminated().getExitCode());
    }

    private static Optional<String> byCondition(PodFailurePolicyRule rule, Pod pod) {
        return rule.getOnPodConditions().stream()
                .filter(pattern -> Pods.condition(pod, pattern.getType())
                        .filter(condition -> Objects.equals(
                                condition.getStatus(), Objects.requireNonNullElse(pattern.getStatus(), "True")))
                        .isPresent())
                .findFirst()
                .map(pattern -> "Pod " + pod.getMetadata().getNamespace() + "/"
                        + pod.getMetadata().getName() + " has condition " + pattern.getType());
    }
}
