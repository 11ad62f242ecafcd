package io.jubernetes.controllermanager.job;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.jubernetes.controllermanager.workload.Labels;
import io.jubernetes.controllermanager.workload.PodControl;
import io.jubernetes.controllermanager.workload.Pods;
import java.util.List;

/// The pods of a job. Pure.
final class JobPods {
    static final String FAILURE_COUNT = "batch.kubernetes.io/job-index-failure-count";
    private static final String INDEX_VARIABLE = "JOB_COMPLETION_INDEX";

    private JobPods() {}

    /// How often an index failed: one more than the last failed pod of it says, unless the policy ignores its
    /// failure. Pods may be gone; each knows how many failures came before it.
    static int failuresOf(Job job, int index, List<Pod> pods) {
        return pods.stream()
                .filter(pod -> Pods.phase(pod).equals("Failed"))
                .filter(pod -> Indexes.of(pod).orElse(-1) == index)
                .mapToInt(pod -> Labels.number(pod, FAILURE_COUNT).orElse(0)
                        + (FailurePolicy.of(job, pod).action() == FailurePolicy.Action.IGNORE ? 0 : 1))
                .max()
                .orElse(0);
    }

    /// @param index the completion index, -1 for a job without
    /// @param failures how often the index failed before
    static Pod of(Job job, int index, int failures) {
        var pod = new PodBuilder(PodControl.fromTemplate(job, job.getSpec().getTemplate()))
                .editMetadata()
                .addToFinalizers(JobPlan.FINALIZER)
                .endMetadata();
        if (index >= 0) {
            String number = Integer.toString(index);
            String name = job.getMetadata().getName() + "-" + number;
            pod.editMetadata()
                    .withGenerateName(name + "-")
                    .addToLabels(Indexes.ANNOTATION, number)
                    .addToAnnotations(Indexes.ANNOTATION, number)
                    .endMetadata();
            if (job.getSpec().getBackoffLimitPerIndex() != null) {
                pod.editMetadata()
                        .addToAnnotations(FAILURE_COUNT, Integer.toString(failures))
                        .endMetadata();
            }
            pod.editSpec()
                    .withHostname(name)
                    .withContainers(
                            withIndex(job.getSpec().getTemplate().getSpec().getContainers()))
                    .withInitContainers(
                            withIndex(job.getSpec().getTemplate().getSpec().getInitContainers()))
                    .endSpec();
        }
        return pod.build();
    }

    private static List<Container> withIndex(List<Container> containers) {
        return containers.stream()
                .map(container -> {
                    boolean there =
                            container.getEnv().stream().map(EnvVar::getName).anyMatch(INDEX_VARIABLE::equals);
                    return there
                            ? container
                            : container.toBuilder().addToEnv(indexVariable()).build();
                })
                .toList();
    }

    private static EnvVar indexVariable() {
        return new EnvVarBuilder()
                .withName(INDEX_VARIABLE)
                .withNewValueFrom()
                .withNewFieldRef()
                .withFieldPath("metadata.labels['" + Indexes.ANNOTATION + "']")
                .endFieldRef()
                .endValueFrom()
                .build();
    }
}
