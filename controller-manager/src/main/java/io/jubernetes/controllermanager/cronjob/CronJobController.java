package io.jubernetes.controllermanager.cronjob;

import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.batch.v1.CronJob;
import io.fabric8.kubernetes.api.model.batch.v1.CronJobStatus;
import io.fabric8.kubernetes.api.model.batch.v1.CronJobStatusBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.JobCondition;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.controller.EventRecorder;
import io.jubernetes.common.controller.Failures;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.OwnWrites;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import io.jubernetes.controllermanager.workload.Labels;
import io.jubernetes.controllermanager.workload.Owners;
import io.jubernetes.controllermanager.workload.PodControl;
import io.jubernetes.controllermanager.workload.Times;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Starts jobs by the clock, one timer a cron job, and keeps some of the finished ones.
public final class CronJobController {
    private static final String SCHEDULED_AT = "batch.kubernetes.io/cronjob-scheduled-timestamp";
    private static final Duration CACHE_LAG = Duration.ofMillis(20);

    private final ControllerContext context;
    private final Informed<CronJob> cronJobs;
    private final Informed<Job> jobs;
    private final OwnWrites<Job> writes;
    private final OwnWrites<CronJob> statusWrites;
    private final EventRecorder events;

    private CronJobController(ControllerContext context) {
        this.context = context;
        this.cronJobs = context.informers().of(CronJob.class);
        this.jobs = context.informers().of(Job.class);
        Owners.index(jobs);
        this.writes = new OwnWrites<>(jobs);
        this.statusWrites = new OwnWrites<>(cronJobs);
        this.events = context.events("cronjob-controller");
    }

    public static Controller create(String name, ControllerContext context) {
        var controller = new CronJobController(context);
        WorkQueue<ObjectKey> queue = context.queue(name);
        controller.cronJobs.listenAny(job -> queue.add(ObjectKey.of(job)));
        controller.jobs.listenAny(job -> Owners.controllerOf(job)
                .filter(owner -> owner.getKind().equals("CronJob"))
                .ifPresent(owner -> queue.add(ObjectKey.of(job.getMetadata().getNamespace(), owner.getName()))));
        return Controller.of(context.runner(name, queue, (key, _) -> controller.reconcile(key)));
    }

    private Result reconcile(ObjectKey key) {
        CronJob cron = cronJobs.find(key).orElse(null);
        if (cron == null) {
            writes.forget(key);
            statusWrites.forget(key);
            return Result.done();
        }
        if (writes.behind(key) || statusWrites.behind(key)) {
            return Result.again(CACHE_LAG);
        }
        List<Job> own = jobs.by(Owners.INDEX, cron.getMetadata().getUid());
        cleanUp(key, cron, own);
        CronJobStatus status = follow(cron, own);
        try {
            return schedule(key, cron, own, status);
        } catch (KubernetesClientException e) {
            if (PodControl.isNamespaceTerminating(e)) {
                return Result.done();
            }
            throw e;
        }
    }

    private Result schedule(ObjectKey key, CronJob cron, List<Job> own, CronJobStatus status) {
        Instant now = context.clock().instant();
        CronSchedule schedule;
        ZoneId zone;
        try {
            schedule = CronSchedule.parse(cron.getSpec().getSchedule());
            zone = cron.getSpec().getTimeZone() == null
                    ? ZoneOffset.UTC
                    : ZoneId.of(cron.getSpec().getTimeZone());
        } catch (IllegalArgumentException | DateTimeException e) {
            boolean badZone = e instanceof DateTimeException;
            events.warning(
                    cron,
                    badZone ? "UnknownTimeZone" : "UnparseableSchedule",
                    (badZone ? "invalid timeZone: " : "unparseable schedule: ") + e.getMessage());
            write(key, cron, status);
            return Result.stuck(String.valueOf(e.getMessage()));
        }
        if (cron.getMetadata().getDeletionTimestamp() != null
                || Boolean.TRUE.equals(cron.getSpec().getSuspend())) {
            write(key, cron, status);
            return Result.done();
        }
        CronPlan plan = CronPlan.of(cron, schedule, zone, now);
        if (plan.missed() > 100) {
            events.warning(
                    cron,
                    "TooManyMissedTimes",
                    "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew");
        }
        if (plan.tooLate()) {
            events.warning(cron, "MissSchedule", "Missed scheduled time to start a job");
        }
        CronJobStatus after = plan.due().isPresent()
                ? start(key, cron, own, status, plan.due().get())
                : status;
        write(key, cron, after);
        return plan.untilNext().map(wait -> Result.again(wait.plusMillis(100))).orElse(Result.done());
    }

    private CronJobStatus start(ObjectKey key, CronJob cron, List<Job> own, CronJobStatus status, Instant time) {
        String policy = cron.getSpec().getConcurrencyPolicy();
        List<Job> active = own.stream().filter(job -> finished(job).isEmpty()).toList();
        if ("Forbid".equals(policy) && !active.isEmpty()) {
            events.normal(
                    cron,
                    "JobAlreadyActive",
                    "Not starting job because prior execution is running and concurrency policy is Forbid");
            return status;
        }
        var running = new ArrayList<>(status.getActive());
        if ("Replace".equals(policy)) {
            for (Job job : active) {
                delete(key, cron, job);
                running.removeIf(reference -> job.getMetadata().getUid().equals(reference.getUid()));
            }
        }
        Job job = job(cron, time);
        try {
            Job made = context.client().resource(job).create();
            writes.wrote(key, made);
            running.add(reference(made));
            events.normal(
                    cron,
                    "SuccessfulCreate",
                    "Created job " + made.getMetadata().getName());
        } catch (KubernetesClientException e) {
            // The name holds the time: one that is there already is this very run.
            if (e.getCode() != 409) {
                if (!PodControl.isNamespaceTerminating(e)) {
                    events.warning(cron, "FailedCreate", "Error creating job: " + Failures.message(e));
                }
                throw e;
            }
        }
        return new CronJobStatusBuilder(status)
                .withActive(running)
                .withLastScheduleTime(Times.text(time))
                .build();
    }

    private static Job job(CronJob cron, Instant time) {
        var template = cron.getSpec().getJobTemplate();
        return new JobBuilder()
                .withNewMetadata()
                .withNamespace(cron.getMetadata().getNamespace())
                .withName(cron.getMetadata().getName() + "-" + time.getEpochSecond() / 60)
                .withLabels(Labels.labels(template.getMetadata()))
                .withAnnotations(Labels.annotations(template.getMetadata()))
                .addToAnnotations(Map.of(SCHEDULED_AT, Times.text(time)))
                .withOwnerReferences(Owners.controllerReference(cron))
                .endMetadata()
                .withSpec(template.getSpec())
                .build();
    }

    /// Brings the list of running jobs up to date and tells what ended.
    private CronJobStatus follow(CronJob cron, List<Job> own) {
        CronJobStatus old = cron.getStatus() == null ? new CronJobStatus() : cron.getStatus();
        var active = new ArrayList<ObjectReference>();
        String lastSuccess = old.getLastSuccessfulTime();
        for (Job job : own) {
            Optional<JobCondition> end = finished(job);
            boolean listed = old.getActive().stream()
                    .anyMatch(reference -> job.getMetadata().getUid().equals(reference.getUid()));
            if (end.isEmpty()) {
                active.add(reference(job));
                continue;
            }
            if (listed) {
                events.normal(
                        cron,
                        "SawCompletedJob",
                        "Saw completed job: " + job.getMetadata().getName() + ", condition: "
                                + end.get().getType());
            }
            if ("Complete".equals(end.get().getType()) && job.getStatus().getCompletionTime() != null) {
                String time = job.getStatus().getCompletionTime();
                lastSuccess = lastSuccess == null || time.compareTo(lastSuccess) > 0 ? time : lastSuccess;
            }
        }
        active.sort(Comparator.comparing(ObjectReference::getName));
        return new CronJobStatusBuilder(old)
                .withActive(active)
                .withLastSuccessfulTime(lastSuccess)
                .build();
    }

    private void cleanUp(ObjectKey key, CronJob cron, List<Job> own) {
        keep(key, cron, own, "Complete", cron.getSpec().getSuccessfulJobsHistoryLimit(), 3);
        keep(key, cron, own, "Failed", cron.getSpec().getFailedJobsHistoryLimit(), 1);
    }

    private void keep(
            ObjectKey key,
            CronJob cron,
            List<Job> own,
            String type,
            @org.jspecify.annotations.Nullable Integer limit,
            int missing) {
        List<Job> finished = own.stream()
                .filter(job -> job.getMetadata().getDeletionTimestamp() == null)
                .filter(job -> finished(job)
                        .filter(condition -> type.equals(condition.getType()))
                        .isPresent())
                .sorted(Comparator.comparing(
                        job -> Times.parse(job.getStatus().getStartTime()).orElse(Instant.EPOCH)))
                .toList();
        int kept = limit == null ? missing : limit;
        finished.subList(0, Math.max(0, finished.size() - kept)).forEach(job -> delete(key, cron, job));
    }

    private void delete(ObjectKey key, CronJob cron, Job job) {
        try {
            context.raw().delete(job, "Background");
            writes.deleted(key, job);
            events.normal(
                    cron, "SuccessfulDelete", "Deleted job " + job.getMetadata().getName());
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404) {
                throw e;
            }
        }
    }

    private void write(ObjectKey key, CronJob cron, CronJobStatus status) {
        if (!status.equals(cron.getStatus() == null ? new CronJobStatus() : cron.getStatus())) {
            statusWrites.wrote(
                    key,
                    context.client()
                            .resource(cron.toBuilder().withStatus(status).build())
                            .subresource("status")
                            .update());
        }
    }

    private static Optional<JobCondition> finished(Job job) {
        return job.getStatus() == null
                ? Optional.empty()
                : job.getStatus().getConditions().stream()
                        .filter(condition -> "True".equals(condition.getStatus())
                                && ("Complete".equals(condition.getType()) || "Failed".equals(condition.getType())))
                        .findFirst();
    }

    private static ObjectReference reference(Job job) {
        return EventRecorder.reference(job).toBuilder()
                .withResourceVersion(null)
                .build();
    }
}
