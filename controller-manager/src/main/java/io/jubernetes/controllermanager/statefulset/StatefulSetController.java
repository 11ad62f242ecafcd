package io.jubernetes.controllermanager.statefulset;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.controller.EventRecorder;
import io.jubernetes.common.controller.Failures;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.OwnWrites;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.meta.LabelSelectors;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import io.jubernetes.controllermanager.workload.Claims;
import io.jubernetes.controllermanager.workload.Labels;
import io.jubernetes.controllermanager.workload.Owners;
import io.jubernetes.controllermanager.workload.PodControl;
import io.jubernetes.controllermanager.workload.PodOwnerHandler;
import io.jubernetes.controllermanager.workload.Pods;
import io.jubernetes.controllermanager.workload.RevisionHistory;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Runs stateful sets.
public final class StatefulSetController {
    private static final Duration CACHE_LAG = Duration.ofMillis(20);

    private static final Duration CLAIM_WAIT = Duration.ofSeconds(1);

    private final ControllerContext context;
    private final Informed<StatefulSet> sets;
    private final Informed<Pod> pods;
    private final Informed<PersistentVolumeClaim> volumeClaims;
    private final OwnWrites<Pod> writes;
    private final OwnWrites<StatefulSet> statusWrites;
    private final EventRecorder events;
    private final Claims claims;
    private final RevisionHistory history;

    private StatefulSetController(ControllerContext context) {
        this.context = context;
        this.sets = context.informers().of(StatefulSet.class);
        this.pods = context.informers().of(Pod.class);
        this.volumeClaims = context.informers().of(PersistentVolumeClaim.class);
        Owners.index(pods);
        this.writes = new OwnWrites<>(pods);
        this.statusWrites = new OwnWrites<>(sets);
        this.events = context.events("statefulset-controller");
        this.claims = new Claims(context.raw());
        this.history = new RevisionHistory(
                context.client(), context.raw(), context.informers().of(ControllerRevision.class));
    }

    public static Controller create(String name, ControllerContext context) {
        var controller = new StatefulSetController(context);
        WorkQueue<ObjectKey> queue = context.queue(name);
        controller.sets.listenAny(set -> queue.add(ObjectKey.of(set)));
        controller.pods.listen(new PodOwnerHandler<Pod, StatefulSet>(
                "StatefulSet",
                controller.sets,
                (set, labels) -> LabelSelectors.matches(set.getSpec().getSelector(), labels),
                queue::add));
        return Controller.of(context.runner(name, queue, (key, _) -> controller.reconcile(key)));
    }

    private Result reconcile(ObjectKey key) {
        StatefulSet set = sets.find(key).orElse(null);
        if (set == null) {
            writes.forget(key);
            statusWrites.forget(key);
            return Result.done();
        }
        if (set.getMetadata().getDeletionTimestamp() != null) {
            return Result.done();
        }
        if (writes.behind(key) || statusWrites.behind(key)) {
            return Result.again(CACHE_LAG);
        }
        try {
            return manage(key, set);
        } catch (KubernetesClientException e) {
            if (PodControl.isNamespaceTerminating(e)) {
                return Result.done();
            }
            throw e;
        }
    }

    private Result manage(ObjectKey key, StatefulSet set) {
        Instant now = context.clock().instant();
        ControllerRevision update = history.current(
                set,
                set.getSpec().getTemplate(),
                set.getStatus() == null ? null : set.getStatus().getCollisionCount());
        String updateName = update.getMetadata().getName();
        String currentName = set.getStatus() == null
                        || set.getStatus().getCurrentRevision() == null
                        || set.getStatus().getCurrentRevision().isEmpty()
                ? updateName
                : set.getStatus().getCurrentRevision();
        List<Pod> own = claims.carryOut(
                set,
                Claims.Plan.of(
                        set,
                        pod -> StatefulPods.ordinal(set, pod) >= 0
                                && LabelSelectors.matches(
                                        set.getSpec().getSelector(),
                                        pod.getMetadata().getLabels()),
                        Owners.candidates(pods, set)),
                () -> context.client().resource(set).get());
        StatefulPlan plan = StatefulPlan.of(set, own, currentName, updateName, now);
        for (Pod pod : own) {
            tendClaims(set, pod, StatefulPods.isBeyond(set, StatefulPods.ordinal(set, pod)));
        }
        boolean waiting = false;
        for (var missing : plan.create().entrySet()) {
            waiting |= !create(key, set, missing.getKey(), missing.getValue(), update);
        }
        plan.delete().forEach(pod -> delete(key, set, pod));
        if (!plan.status().equals(set.getStatus())) {
            statusWrites.wrote(
                    key,
                    context.client()
                            .resource(set.toBuilder().withStatus(plan.status()).build())
                            .subresource("status")
                            .update());
        }
        Set<String> used = new HashSet<>(List.of(updateName, currentName));
        own.forEach(pod -> used.add(Labels.of(pod).getOrDefault(RevisionHistory.POD_LABEL, "")));
        history.truncate(set, set.getSpec().getRevisionHistoryLimit(), used);
        if (waiting) {
            return Result.again(CLAIM_WAIT);
        }
        Integer minReady = set.getSpec().getMinReadySeconds();
        return minReady == null || minReady == 0
                ? Result.done()
                : own.stream()
                        .flatMap(pod -> Pods.untilAvailable(pod, minReady, now).stream())
                        .filter(left -> !left.isZero())
                        .min(Duration::compareTo)
                        .map(left -> Result.again(left.plusMillis(10)))
                        .orElse(Result.done());
    }

    /// @return false when a claim of an earlier pod is still in the way
    private boolean create(ObjectKey key, StatefulSet set, int ordinal, String revision, ControllerRevision update) {
        PodTemplateSpec template = set.getSpec().getTemplate();
        if (!revision.equals(update.getMetadata().getName())) {
            for (ControllerRevision known : history.of(set)) {
                PodTemplateSpec kept =
                        known.getMetadata().getName().equals(revision) ? RevisionHistory.template(known) : null;
                template = kept == null ? template : kept;
            }
        }
        Pod pod = StatefulPods.of(set, template, revision, ordinal);
        String name = pod.getMetadata().getName();
        List<PersistentVolumeClaim> needed = StatefulPods.claims(set, ordinal);
        boolean stale = needed.stream()
                .flatMap(claim -> volumeClaims.find(ObjectKey.of(claim)).stream())
                .anyMatch(claim -> ClaimRetention.isStale(claim, name));
        if (stale) {
            return false;
        }
        needed.forEach(claim -> createClaim(set, claim, name));
        try {
            writes.wrote(key, context.client().resource(pod).create());
            events.normal(
                    set, "SuccessfulCreate", "create Pod " + name + " in StatefulSet " + key.name() + " successful");
            return true;
        } catch (KubernetesClientException e) {
            if (!PodControl.isNamespaceTerminating(e) && e.getCode() != 409) {
                events.warning(
                        set,
                        "FailedCreate",
                        "create Pod " + name + " in StatefulSet " + key.name() + " failed error: "
                                + Failures.message(e));
            }
            throw e;
        }
    }

    private void createClaim(StatefulSet set, PersistentVolumeClaim claim, String pod) {
        if (volumeClaims.find(ObjectKey.of(claim)).isPresent()) {
            return;
        }
        String what = "create Claim " + claim.getMetadata().getName() + " Pod " + pod + " in StatefulSet "
                + set.getMetadata().getName();
        try {
            context.client().resource(claim).create();
            events.normal(set, "SuccessfulCreate", what + " success");
        } catch (KubernetesClientException e) {
            if (e.getCode() == 409) {
                return;
            }
            events.warning(set, "FailedCreate", what + " failed error: " + Failures.message(e));
            throw e;
        }
    }

    /// Makes the claims that a pod waits for, and has them go with whom the retention policy says.
    private void tendClaims(StatefulSet set, Pod pod, boolean condemned) {
        boolean pending = Pods.phase(pod).equals("Pending") && !Pods.isTerminating(pod) && !condemned;
        for (PersistentVolumeClaim wanted : StatefulPods.claims(set, StatefulPods.ordinal(set, pod))) {
            PersistentVolumeClaim claim =
                    volumeClaims.find(ObjectKey.of(wanted)).orElse(null);
            if (claim == null) {
                if (pending) {
                    createClaim(set, wanted, pod.getMetadata().getName());
                }
                continue;
            }
            ClaimRetention.change(set, pod, condemned, claim).ifPresent(owners -> {
                try {
                    context.client()
                            .resource(claim.toBuilder()
                                    .editMetadata()
                                    .withOwnerReferences(owners)
                                    .endMetadata()
                                    .build())
                            .update();
                } catch (KubernetesClientException e) {
                    if (e.getCode() != 404) {
                        throw e;
                    }
                }
            });
        }
    }

    private void delete(ObjectKey key, StatefulSet set, Pod pod) {
        String what = "delete Pod " + pod.getMetadata().getName() + " in StatefulSet " + key.name();
        try {
            context.raw().delete(pod, null);
            writes.deleted(key, pod);
            events.normal(set, "SuccessfulDelete", what + " successful");
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404) {
                events.warning(set, "FailedDelete", what + " failed error: " + Failures.message(e));
                throw e;
            }
        }
    }
}
