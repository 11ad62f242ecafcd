package io.jubernetes.controllermanager.deployment;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.OwnWrites;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.meta.LabelSelectors;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import io.jubernetes.controllermanager.workload.Owners;
import io.jubernetes.controllermanager.workload.PodOwnerHandler;

/// Wires the deployment controller.
public final class DeploymentController {
    private DeploymentController() {}

    public static Controller create(String name, ControllerContext context) {
        Informed<Deployment> deployments = context.informers().of(Deployment.class);
        Informed<ReplicaSet> sets = context.informers().of(ReplicaSet.class);
        Informed<Pod> pods = context.informers().of(Pod.class);
        Owners.index(sets);
        Owners.index(pods);
        WorkQueue<ObjectKey> queue = context.queue(name);
        deployments.listenAny(deployment -> queue.add(ObjectKey.of(deployment)));
        sets.listen(new PodOwnerHandler<ReplicaSet, Deployment>(
                "Deployment",
                deployments,
                (deployment, labels) ->
                        LabelSelectors.matches(deployment.getSpec().getSelector(), labels),
                queue::add));
        // A deployment that recreates waits for the last old pod to go.
        pods.listen((before, after) -> {
            if (before != null && after == null) {
                Owners.controllerOf(before)
                        .filter(owner -> owner.getKind().equals("ReplicaSet"))
                        .flatMap(owner ->
                                sets.find(ObjectKey.of(before.getMetadata().getNamespace(), owner.getName())))
                        .flatMap(Owners::controllerOf)
                        .ifPresent(owner ->
                                queue.add(ObjectKey.of(before.getMetadata().getNamespace(), owner.getName())));
            }
        });
        var reconciler = new DeploymentReconciler(
                context.client(),
                context.raw(),
                deployments,
                sets,
                pods,
                new OwnWrites<>(sets),
                context.events("deployment-controller"),
                context.clock());
        return Controller.of(context.runner(name, queue, reconciler));
    }
}
