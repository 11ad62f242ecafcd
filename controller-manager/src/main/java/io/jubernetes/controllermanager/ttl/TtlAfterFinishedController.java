package io.jubernetes.controllermanager.ttl;

import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import io.jubernetes.controllermanager.workload.Times;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/// One timer a finished job with `ttlSecondsAfterFinished`.
public final class TtlAfterFinishedController {
    private final ControllerContext context;
    private final Informed<Job> jobs;

    private TtlAfterFinishedController(ControllerContext context) {
        this.context = context;
        this.jobs = context.informers().of(Job.class);
    }

    public static Controller create(String name, ControllerContext context) {
        var controller = new TtlAfterFinishedController(context);
        WorkQueue<ObjectKey> queue = context.queue(name);
        controller.jobs.listen((_, after) -> {
            if (after != null && expiry(after).isPresent()) {
                queue.add(ObjectKey.of(after));
            }
        });
        return Controller.of(context.runner(name, queue, (key, _) -> controller.reconcile(key)));
    }

    /// When a job is to go; empty while it runs or when it has no time to live.
    static Optional<Instant> expiry(Job job) {
        Integer ttl = job.getSpec().getTtlSecondsAfterFinished();
        if (ttl == null || job.getStatus() == null || job.getMetadata().getDeletionTimestamp() != null) {
            return Optional.empty();
        }
        return job.getStatus().getConditions().stream()
                .filter(condition -> "True".equals(condition.getStatus())
                        && ("Complete".equals(condition.getType()) || "Failed".equals(condition.getType())))
                .findFirst()
                .flatMap(condition -> Times.parse(condition.getLastTransitionTime()))
                .map(finished -> finished.plusSeconds(ttl));
    }

    private Result reconcile(ObjectKey key) {
        Optional<Instant> expiry = jobs.find(key).flatMap(TtlAfterFinishedController::expiry);
        if (expiry.isEmpty()) {
            return Result.done();
        }
        Instant now = context.clock().instant();
        if (expiry.get().isAfter(now)) {
            return Result.again(Duration.between(now, expiry.get()).plusMillis(50));
        }
        // The cache may be old: somebody may just have given the job more time.
        Job live = context.client().resource(jobs.find(key).orElseThrow()).get();
        if (live == null) {
            return Result.done();
        }
        Optional<Instant> fresh = expiry(live);
        if (fresh.isPresent() && !fresh.get().isAfter(now)) {
            try {
                context.raw().delete(live, "Foreground");
            } catch (KubernetesClientException e) {
                if (e.getCode() != 404) {
                    throw e;
                }
            }
        }
        return Result.done();
    }
}
