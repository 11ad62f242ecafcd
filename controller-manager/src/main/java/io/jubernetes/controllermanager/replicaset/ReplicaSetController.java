package io.jubernetes.controllermanager.replicaset;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.jubernetes.common.controller.Informed;
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

/// Wires the replica set controller.
public final class ReplicaSetController {
    private ReplicaSetController() {}

    public static Controller create(String name, ControllerContext context) {
        Informed<ReplicaSet> sets = context.informers().of(ReplicaSet.class);
        Informed<Pod> pods = context.informers().of(Pod.class);
        Owners.index(sets);
        Owners.index(pods);
        WorkQueue<ObjectKey> queue = context.queue(name);
        sets.listenAny(set -> queue.add(ObjectKey.of(set)));
        pods.listen(new PodOwnerHandler<Pod, ReplicaSet>(
                "ReplicaSet",
                sets,
                (set, labels) -> LabelSelectors.matches(set.getSpec().getSelector(), labels),
                queue::add));
        var writes = new OwnWrites<>(pods);
        var control = new PodControl(context.client(), context.raw(), context.events("replicaset-controller"), writes);
        var reconciler = new ReplicaSetReconciler(
                context.client(), sets, pods, writes, control, new Claims(context.raw()), context.clock());
        return Controller.of(context.runner(name, queue, reconciler));
    }
}
