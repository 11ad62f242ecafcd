package io.jubernetes.controllermanager.resourceclaim;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.controller.EventRecorder;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.RawApi;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import io.jubernetes.controllermanager.workload.Pods;
import io.jubernetes.controllermanager.workload.Times;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/// Deletes pods that use devices with NoExecute taints they do not tolerate any longer.
public final class DeviceTaintController {
    private final ControllerContext context;
    private final Informed<ResourceClaim> claims;
    private final Informed<ResourceSlice> slices;
    private final Informed<Pod> pods;
    private final EventRecorder events;

    private DeviceTaintController(ControllerContext context) {
        this.context = context;
        this.claims = context.informers().of(ResourceClaim.class);
        this.slices = context.informers().of(ResourceSlice.class);
        this.pods = context.informers().of(Pod.class);
        this.events = context.events("device-taint-eviction");
    }

    public static Controller create(String name, ControllerContext context) {
        var controller = new DeviceTaintController(context);
        WorkQueue<ObjectKey> queue = context.queue(name);
        controller.claims.listen((_, after) -> {
            if (after != null) {
                queue.add(ObjectKey.of(after));
            }
        });
        controller.slices.listen((_, after) -> {
            if (after != null) {
                controller.claims.all().stream()
                        .filter(claim ->
                                claim.getStatus() != null && claim.getStatus().getAllocation() != null)
                        .forEach(claim -> queue.add(ObjectKey.of(claim)));
            }
        });
        return Controller.of(context.runner(name, queue, (key, _) -> controller.reconcile(key)));
    }

    private Result reconcile(ObjectKey key) {
        ResourceClaim claim = claims.find(key).orElse(null);
        if (claim == null) {
            return Result.done();
        }
        Instant now = context.clock().instant();
        Optional<Instant> leave = DeviceTaints.evictionTime(claim, slices.all(), now);
        if (leave.isEmpty()) {
            return Result.done();
        }
        if (leave.get().isAfter(now)) {
            return Result.again(Duration.between(now, leave.get()).plusMillis(10));
        }
        claim.getStatus().getReservedFor().stream()
                .filter(ClaimPlan::isPod)
                .forEach(reference -> pods.find(new ObjectKey(key.namespace(), reference.getName()))
                        .filter(pod -> pod.getMetadata().getUid().equals(reference.getUid()))
                        .filter(pod -> !Pods.isTerminating(pod))
                        .ifPresent(pod -> evict(pod, now)));
        return Result.done();
    }

    private void evict(Pod pod, Instant now) {
        events.normal(pod, "DeviceTaintManagerEviction", "Marking for deletion");
        var change = Json.object();
        change.putObject("metadata").put("uid", pod.getMetadata().getUid());
        change.putObject("status")
                .putArray("conditions")
                .addObject()
                .put("type", "DisruptionTarget")
                .put("status", "True")
                .put("reason", "DeletionByDeviceTaintManager")
                .put("message", "Device Taint manager: deleting due to NoExecute taint")
                .put("lastTransitionTime", Times.text(now));
        try {
            context.raw().patch(RawApi.path(pod) + "/status", RawApi.STRATEGIC_PATCH, change);
            context.raw().delete(pod, null);
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404) {
                throw e;
            }
        }
    }
}
