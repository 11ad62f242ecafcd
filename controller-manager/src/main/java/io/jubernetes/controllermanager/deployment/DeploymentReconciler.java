package io.jubernetes.controllermanager.deployment;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatus;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatusBuilder;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.controller.EventRecorder;
import io.jubernetes.common.controller.Failures;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.Lister;
import io.jubernetes.common.controller.OwnWrites;
import io.jubernetes.common.controller.RawApi;
import io.jubernetes.common.controller.Reconciler;
import io.jubernetes.common.meta.LabelSelectors;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.common.time.Deadline;
import io.jubernetes.controllermanager.workload.Claims;
import io.jubernetes.controllermanager.workload.Owners;
import io.jubernetes.controllermanager.workload.PodControl;
import io.jubernetes.controllermanager.workload.Pods;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Carries out the plans for deployments and keeps their status true.
final class DeploymentReconciler implements Reconciler {
    private static final Duration CACHE_LAG = Duration.ofMillis(20);

    private final KubernetesClient client;
    private final RawApi raw;
    private final Lister<Deployment> deployments;
    private final Informed<ReplicaSet> sets;
    private final Informed<Pod> pods;
    private final OwnWrites<ReplicaSet> writes;
    private final Claims claims;
    private final EventRecorder events;
    private final Clock clock;

    DeploymentReconciler(
            KubernetesClient client,
            RawApi raw,
            Lister<Deployment> deployments,
            Informed<ReplicaSet> sets,
            Informed<Pod> pods,
            OwnWrites<ReplicaSet> writes,
            EventRecorder events,
            Clock clock) {
        this.client = client;
        this.raw = raw;
        this.deployments = deployments;
        this.sets = sets;
        this.pods = pods;
        this.writes = writes;
        this.claims = new Claims(raw);
        this.events = events;
        this.clock = clock;
    }

    @Override
    public Result reconcile(ObjectKey key, Deadline deadline) {
        Deployment deployment = deployments.find(key).orElse(null);
        if (deployment == null) {
            writes.forget(key);
            return Result.done();
        }
        if (writes.behind(key)) {
            return Result.again(CACHE_LAG);
        }
        var selector = deployment.getSpec().getSelector();
        if (selector == null
                || (selector.getMatchLabels() == null
                                || selector.getMatchLabels().isEmpty())
                        && selector.getMatchExpressions().isEmpty()) {
            events.warning(
                    deployment,
                    "SelectingAll",
                    "This deployment is selecting all pods. A non-empty selector is required.");
            return Result.stuck("it selects all pods");
        }
        List<ReplicaSet> owned = claims.carryOut(
                deployment,
                Claims.Plan.of(
                        deployment,
                        set -> LabelSelectors.matches(
                                selector, set.getMetadata().getLabels()),
                        Owners.candidates(sets, deployment)),
                () -> client.resource(deployment).get());
        String created = null;
        Deployment latest = deployment;
        if (deployment.getMetadata().getDeletionTimestamp() == null) {
            ReplicaSet newSet = RolloutPlan.newSet(deployment, owned);
            try {
                for (Step step : RolloutPlan.of(deployment, owned, oldPodsRun(newSet, owned))) {
                    if (step instanceof Step.SetRevision(var revision)) {
                        latest = setRevision(latest, revision);
                        continue;
                    }
                    String made = carryOut(key, deployment, step);
                    created = made == null ? created : made;
                }
            } catch (KubernetesClientException e) {
                if (PodControl.isNamespaceTerminating(e)) {
                    return Result.done();
                }
                throw e;
            }
        }
        return updateStatus(latest, owned, created);
    }

    private Result updateStatus(Deployment deployment, List<ReplicaSet> owned, @Nullable String created) {
        Instant now = clock.instant();
        // The fresh counts must not be mixed with a plan that just changed the sets: they come with the next event.
        DeploymentStatus status =
                DeploymentStatuses.of(deployment, RolloutPlan.newSet(deployment, owned), owned, created, now);
        if (!status.equals(deployment.getStatus())) {
            client.resource(deployment.toBuilder().withStatus(status).build())
                    .subresource("status")
                    .update();
        }
        return DeploymentStatuses.untilTimeout(deployment, status, now)
                .map(Result::again)
                .orElse(Result.done());
    }

    /// @return the name of a created set
    private @Nullable String carryOut(ObjectKey key, Deployment deployment, Step step) {
        switch (step) {
            case Step.Create(var set) -> {
                return create(key, deployment, set);
            }
            case Step.Scale(var set, var from, var to) -> {
                writes.wrote(key, client.resource(set).update());
                if (from != to) {
                    sayScaled(deployment, set, from, to);
                }
            }
            case Step.Update(var set) -> writes.wrote(key, client.resource(set).update());
            case Step.Delete(var set) -> {
                raw.delete(set, null);
                writes.deleted(key, set);
            }
            case Step.SetRevision _ -> throw new IllegalStateException("done by the caller");
        }
        return null;
    }

    /// Through the status, as upstream does: written otherwise it would be a new generation of the deployment.
    private Deployment setRevision(Deployment deployment, String revision) {
        return client.resource(deployment.toBuilder()
                        .editMetadata()
                        .addToAnnotations(Revisions.REVISION, revision)
                        .endMetadata()
                        .build())
                .subresource("status")
                .update();
    }

    private @Nullable String create(ObjectKey key, Deployment deployment, ReplicaSet set) {
        try {
            ReplicaSet made = client.resource(set).create();
            writes.wrote(key, made);
            if (made.getSpec().getReplicas() > 0) {
                sayScaled(deployment, made, 0, made.getSpec().getReplicas());
            }
            return made.getMetadata().getName();
        } catch (KubernetesClientException e) {
            if (e.getCode() == 409) {
                collided(key, deployment, set);
                return null;
            }
            if (!PodControl.isNamespaceTerminating(e)) {
                events.warning(
                        deployment,
                        "ReplicaSetCreateError",
                        "Failed to create new replica set \""
                                + set.getMetadata().getName() + "\": " + Failures.message(e));
            }
            throw e;
        }
    }

    /// The name is taken: by our own earlier try whose answer was lost, or by a template with the same hash.
    private void collided(ObjectKey key, Deployment deployment, ReplicaSet wanted) {
        ReplicaSet there = client.resource(wanted).get();
        if (there == null) {
            throw new IllegalStateException(
                    "replica set " + wanted.getMetadata().getName() + " came and went");
        }
        if (Owners.isControlledBy(there, deployment)
                && Objects.equals(RolloutPlan.newSet(deployment, List.of(there)), there)) {
            writes.wrote(key, there);
            return;
        }
        DeploymentStatus status = deployment.getStatus() == null ? new DeploymentStatus() : deployment.getStatus();
        int collisions = status.getCollisionCount() == null ? 0 : status.getCollisionCount();
        client.resource(deployment.toBuilder()
                        .withStatus(new DeploymentStatusBuilder(status)
                                .withCollisionCount(collisions + 1)
                                .build())
                        .build())
                .subresource("status")
                .update();
        throw new IllegalStateException("the name " + wanted.getMetadata().getName() + " is taken, trying another");
    }

    private void sayScaled(Deployment deployment, ReplicaSet set, int from, int to) {
        events.normal(
                deployment,
                "ScalingReplicaSet",
                "Scaled %s replica set %s from %d to %d"
                        .formatted(to > from ? "up" : "down", set.getMetadata().getName(), from, to));
    }

    private boolean oldPodsRun(@Nullable ReplicaSet newSet, List<ReplicaSet> owned) {
        return owned.stream()
                .filter(set -> !set.equals(newSet))
                .flatMap(set -> pods.by(Owners.INDEX, set.getMetadata().getUid()).stream())
                .anyMatch(pod -> !Pods.isTerminal(pod));
    }
}
