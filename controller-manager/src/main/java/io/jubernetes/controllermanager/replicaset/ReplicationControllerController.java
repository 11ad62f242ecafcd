package io.jubernetes.controllermanager.replicaset;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ReplicationController;
import io.fabric8.kubernetes.api.model.ReplicationControllerBuilder;
import io.fabric8.kubernetes.api.model.ReplicationControllerCondition;
import io.fabric8.kubernetes.api.model.ReplicationControllerConditionBuilder;
import io.fabric8.kubernetes.api.model.ReplicationControllerStatus;
import io.fabric8.kubernetes.api.model.ReplicationControllerStatusBuilder;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetBuilder;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetConditionBuilder;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetStatus;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetStatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.OwnWrites;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.meta.LabelSelectors;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import io.jubernetes.controllermanager.workload.Claims;
import io.jubernetes.controllermanager.workload.Owners;
import io.jubernetes.controllermanager.workload.PodControl;
import io.jubernetes.controllermanager.workload.PodOwnerHandler;
import io.jubernetes.controllermanager.workload.Pods;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/// Replication controllers: what replica sets grew out of. They are decided on by the same rules, by way of a
/// replica set of the same content that is never stored.
public final class ReplicationControllerController {
    private static final Duration CACHE_LAG = Duration.ofMillis(20);

    private final ControllerContext context;
    private final Informed<ReplicationController> controllers;
    private final Informed<Pod> pods;
    private final OwnWrites<Pod> writes;
    private final PodControl control;
    private final Claims claims;

    private ReplicationControllerController(ControllerContext context) {
        this.context = context;
        this.controllers = context.informers().of(ReplicationController.class);
        this.pods = context.informers().of(Pod.class);
        Owners.index(pods);
        this.writes = new OwnWrites<>(pods);
        this.control =
                new PodControl(context.client(), context.raw(), context.events("replication-controller"), writes);
        this.claims = new Claims(context.raw());
    }

    public static Controller create(String name, ControllerContext context) {
        var controller = new ReplicationControllerController(context);
        WorkQueue<ObjectKey> queue = context.queue(name);
        controller.controllers.listenAny(each -> queue.add(ObjectKey.of(each)));
        controller.pods.listen(new PodOwnerHandler<Pod, ReplicationController>(
                "ReplicationController",
                controller.controllers,
                (each, labels) -> LabelSelectors.matchesPlain(each.getSpec().getSelector(), labels),
                queue::add));
        return Controller.of(context.runner(name, queue, (key, _) -> controller.reconcile(key)));
    }

    private Result reconcile(ObjectKey key) throws InterruptedException {
        ReplicationController owner = controllers.find(key).orElse(null);
        if (owner == null) {
            writes.forget(key);
            return Result.done();
        }
        if (writes.behind(key)) {
            return Result.again(CACHE_LAG);
        }
        Instant now = context.clock().instant();
        List<Pod> own = claims.carryOut(
                owner,
                Claims.Plan.of(
                        owner,
                        pod -> LabelSelectors.matchesPlain(
                                owner.getSpec().getSelector(), pod.getMetadata().getLabels()),
                        Owners.candidates(pods, owner).stream()
                                .filter(pod -> !Pods.isTerminal(pod))
                                .toList()),
                () -> context.client().resource(owner).get());
        List<Pod> active = own.stream().filter(Pods::isActive).toList();
        var plan = new ReplicaPlan(0, List.of());
        RuntimeException failure = null;
        if (owner.getMetadata().getDeletionTimestamp() == null) {
            Integer wanted = owner.getSpec().getReplicas();
            plan = ReplicaPlan.of(wanted == null ? 1 : wanted, active, Map.of(), now);
            try {
                if (plan.create() > 0) {
                    control.createMany(
                            owner,
                            PodControl.fromTemplate(owner, owner.getSpec().getTemplate()),
                            plan.create());
                } else {
                    control.deleteMany(owner, plan.delete());
                }
            } catch (KubernetesClientException e) {
                if (PodControl.isNamespaceTerminating(e)) {
                    return Result.done();
                }
                failure = e;
            }
        }
        ReplicationControllerStatus status = status(ReplicaSetStatuses.of(asSet(owner), active, 0, plan, failure, now));
        if (!status.equals(owner.getStatus())) {
            context.client()
                    .resource(new ReplicationControllerBuilder(owner)
                            .withStatus(status)
                            .build())
                    .subresource("status")
                    .update();
        }
        if (failure != null) {
            throw failure;
        }
        Integer minReady = owner.getSpec().getMinReadySeconds();
        return minReady == null || minReady <= 0
                ? Result.done()
                : active.stream()
                        .flatMap(pod -> Pods.untilAvailable(pod, minReady, now).stream())
                        .filter(left -> !left.isZero())
                        .min(Duration::compareTo)
                        .map(left -> Result.again(left.plusMillis(10)))
                        .orElse(Result.done());
    }

    private static ReplicaSet asSet(ReplicationController owner) {
        var old = owner.getStatus();
        return new ReplicaSetBuilder()
                .withMetadata(owner.getMetadata())
                .withNewSpec()
                .withReplicas(owner.getSpec().getReplicas())
                .withMinReadySeconds(owner.getSpec().getMinReadySeconds())
                .withTemplate(owner.getSpec().getTemplate())
                .endSpec()
                .withStatus(
                        old == null
                                ? new ReplicaSetStatus()
                                : new ReplicaSetStatusBuilder()
                                        .withConditions(old.getConditions().stream()
                                                .map(condition -> new ReplicaSetConditionBuilder()
                                                        .withType(condition.getType())
                                                        .withStatus(condition.getStatus())
                                                        .withReason(condition.getReason())
                                                        .withMessage(condition.getMessage())
                                                        .withLastTransitionTime(condition.getLastTransitionTime())
                                                        .build())
                                                .toList())
                                        .build())
                .build();
    }

    private static ReplicationControllerStatus status(ReplicaSetStatus status) {
        List<ReplicationControllerCondition> conditions = status.getConditions().stream()
                .map(condition -> new ReplicationControllerConditionBuilder()
                        .withType(condition.getType())
                        .withStatus(condition.getStatus())
                        .withReason(condition.getReason())
                        .withMessage(condition.getMessage())
                        .withLastTransitionTime(condition.getLastTransitionTime())
                        .build())
                .toList();
        return new ReplicationControllerStatusBuilder()
                .withReplicas(status.getReplicas())
                .withFullyLabeledReplicas(status.getFullyLabeledReplicas())
                .withReadyReplicas(status.getReadyReplicas())
                .withAvailableReplicas(status.getAvailableReplicas())
                .withObservedGeneration(status.getObservedGeneration())
                .withConditions(conditions)
                .build();
    }
}
