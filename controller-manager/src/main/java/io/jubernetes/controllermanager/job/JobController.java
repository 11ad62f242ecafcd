package io.jubernetes.controllermanager.job;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.controller.EventRecorder;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.OwnWrites;
import io.jubernetes.common.controller.RawApi;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.meta.LabelSelectors;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import io.jubernetes.controllermanager.workload.Claims;
import io.jubernetes.controllermanager.workload.Owners;
import io.jubernetes.controllermanager.workload.PodControl;
import io.jubernetes.controllermanager.workload.PodOwnerHandler;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;

/// Runs jobs to completion.
public final class JobController {
    private static final Duration CACHE_LAG = Duration.ofMillis(20);
    private static final String OWN_MANAGER = "kubernetes.io/job-controller";

    private final ControllerContext context;
    private final Informed<Job> jobs;
    private final Informed<Pod> pods;
    private final OwnWrites<Pod> writes;
    private final OwnWrites<Job> statusWrites;
    private final EventRecorder events;
    private final PodControl control;
    private final Claims claims;

    private JobController(ControllerContext context) {
        this.context = context;
        this.jobs = context.informers().of(Job.class);
        this.pods = context.informers().of(Pod.class);
        Owners.index(pods);
        this.writes = new OwnWrites<>(pods);
        this.statusWrites = new OwnWrites<>(jobs);
        this.events = context.events("job-controller");
        this.control = new PodControl(context.client(), context.raw(), events, writes);
        this.claims = new Claims(context.raw());
    }

    public static Controller create(String name, ControllerContext context) {
        var controller = new JobController(context);
        WorkQueue<ObjectKey> queue = context.queue(name);
        controller.jobs.listenAny(job -> queue.add(ObjectKey.of(job)));
        controller.pods.listen(new PodOwnerHandler<Pod, Job>(
                "Job",
                controller.jobs,
                (job, labels) -> LabelSelectors.matches(job.getSpec().getSelector(), labels),
                queue::add));
        // A finalizer of a pod whose job is gone is ours to take off.
        controller.pods.listen((_, after) -> {
            if (after != null && after.getMetadata().getFinalizers().contains(JobPlan.FINALIZER)) {
                Owners.controllerOf(after)
                        .filter(owner -> owner.getKind().equals("Job"))
                        .ifPresent(owner ->
                                queue.add(ObjectKey.of(after.getMetadata().getNamespace(), owner.getName())));
            }
        });
        return Controller.of(context.runner(name, queue, (key, _) -> controller.reconcile(key)));
    }

    private Result reconcile(ObjectKey key) throws InterruptedException {
        Job job = jobs.find(key).orElse(null);
        releaseOrphans(key, job);
        if (job == null) {
            writes.forget(key);
            statusWrites.forget(key);
            return Result.done();
        }
        String manager = job.getSpec().getManagedBy();
        if (manager != null && !manager.equals(OWN_MANAGER)) {
            return Result.done();
        }
        if (writes.behind(key) || statusWrites.behind(key)) {
            return Result.again(CACHE_LAG);
        }
        if (job.getMetadata().getDeletionTimestamp() != null) {
            return Result.done();
        }
        List<Pod> own = claims.carryOut(
                job,
                Claims.Plan.of(
                        job,
                        pod -> LabelSelectors.matches(
                                job.getSpec().getSelector(), pod.getMetadata().getLabels()),
                        Owners.candidates(pods, job)),
                () -> context.client().resource(job).get());
        Instant now = context.clock().instant();
        JobPlan plan = JobPlan.of(job, own, now);
        try {
            carryOut(key, job, own, plan);
        } catch (KubernetesClientException e) {
            if (PodControl.isNamespaceTerminating(e)) {
                return Result.done();
            }
            throw e;
        }
        return plan.again().map(after -> Result.again(after.plusMillis(50))).orElse(Result.done());
    }

    private void carryOut(ObjectKey key, Job job, List<Pod> own, JobPlan plan) throws InterruptedException {
        if (!plan.status().equals(job.getStatus())) {
            Job written = context.client()
                    .resource(job.toBuilder().withStatus(plan.status()).build())
                    .subresource("status")
                    .update();
            statusWrites.wrote(key, written);
            tell(job, plan);
        }
        plan.release().forEach(this::release);
        control.deleteMany(job, plan.delete());
        if (!plan.create().isEmpty() && plan.create().getFirst() < 0) {
            control.createMany(job, JobPods.of(job, -1, 0), plan.create().size());
        } else {
            for (int index : plan.create()) {
                Pod _ = control.create(job, JobPods.of(job, index, JobPods.failuresOf(job, index, own)));
            }
        }
    }

    private void tell(Job job, JobPlan plan) {
        plan.justFinished().ifPresent(condition -> {
            if ("Complete".equals(condition.getType())) {
                events.normal(job, "Completed", "Job completed");
            } else {
                events.warning(job, condition.getReason(), condition.getMessage());
            }
        });
        String before = suspended(job.getStatus());
        String after = suspended(plan.status());
        if (!before.equals(after) && after.equals("True")) {
            events.normal(job, "Suspended", "Job suspended");
        } else if (before.equals("True") && after.equals("False")) {
            events.normal(job, "Resumed", "Job resumed");
        }
    }

    private static String suspended(
            io.fabric8.kubernetes.api.model.batch.v1.@org.jspecify.annotations.Nullable JobStatus status) {
        return status == null
                ? ""
                : status.getConditions().stream()
                        .filter(condition -> "Suspended".equals(condition.getType()))
                        .map(condition -> Objects.requireNonNullElse(condition.getStatus(), ""))
                        .findFirst()
                        .orElse("");
    }

    private void releaseOrphans(ObjectKey key, @org.jspecify.annotations.Nullable Job job) {
        if (job != null && job.getMetadata().getDeletionTimestamp() == null) {
            return;
        }
        for (Pod pod : pods.inNamespace(key.namespace())) {
            boolean ours = pod.getMetadata().getFinalizers().contains(JobPlan.FINALIZER)
                    && Owners.controllerOf(pod)
                            .filter(owner -> owner.getKind().equals("Job")
                                    && owner.getName().equals(key.name()))
                            .isPresent();
            if (ours) {
                release(pod);
            }
        }
    }

    private void release(Pod pod) {
        var change = Json.object();
        var metadata = change.putObject("metadata").put("uid", pod.getMetadata().getUid());
        metadata.putArray("$deleteFromPrimitiveList/finalizers").add(JobPlan.FINALIZER);
        try {
            context.raw().patch(RawApi.path(pod), RawApi.STRATEGIC_PATCH, change);
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404) {
                throw e;
            }
        }
    }
}
