package io.jubernetes.controllermanager.protection;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import io.jubernetes.controllermanager.workload.Pods;
import java.util.ArrayList;
import java.util.List;

/// Holds a claim by a finalizer until no pod on a node uses it any more.
public final class ClaimProtectionController {
    private static final String FINALIZER = "kubernetes.io/pvc-protection";
    private static final String BY_CLAIM = "claim";

    private ClaimProtectionController() {}

    public static Controller create(String name, ControllerContext context) {
        Informed<PersistentVolumeClaim> claims = context.informers().of(PersistentVolumeClaim.class);
        Informed<Pod> pods = context.informers().of(Pod.class);
        pods.index(BY_CLAIM, ClaimProtectionController::claimsOf);
        WorkQueue<ObjectKey> queue = context.queue(name);
        claims.listen((_, after) -> {
            if (after != null) {
                queue.add(ObjectKey.of(after));
            }
        });
        pods.listen((before, after) -> {
            if (before != null && (after == null || Pods.isTerminal(after))) {
                claimsOf(before)
                        .forEach(claim -> queue.add(new ObjectKey(
                                before.getMetadata().getNamespace(), claim.substring(claim.indexOf('/') + 1))));
            }
        });
        return Controller.of(context.runner(name, queue, (key, _) -> {
            PersistentVolumeClaim claim = claims.find(key).orElse(null);
            if (claim == null) {
                return Result.done();
            }
            boolean held = claim.getMetadata().getFinalizers().contains(FINALIZER);
            boolean leaving = claim.getMetadata().getDeletionTimestamp() != null;
            if (leaving && held && !isUsed(context, pods, key)) {
                update(context, claim, false);
            } else if (!leaving && !held) {
                update(context, claim, true);
            }
            return Result.done();
        }));
    }

    /// By the cache, and before a claim is let go by the API server too.
    private static boolean isUsed(ControllerContext context, Informed<Pod> pods, ObjectKey claim) {
        return pods.by(BY_CLAIM, claim.toString()).stream().anyMatch(ClaimProtectionController::uses)
                || context.client().pods().inNamespace(claim.namespace()).list().getItems().stream()
                        .anyMatch(pod -> uses(pod) && claimsOf(pod).contains(claim.toString()));
    }

    private static boolean uses(Pod pod) {
        return !Pods.isTerminal(pod) && pod.getSpec().getNodeName() != null;
    }

    private static List<String> claimsOf(Pod pod) {
        return pod.getSpec().getVolumes().stream()
                .filter(volume -> volume.getPersistentVolumeClaim() != null || volume.getEphemeral() != null)
                .map(volume -> volume.getPersistentVolumeClaim() != null
                        ? volume.getPersistentVolumeClaim().getClaimName()
                        : pod.getMetadata().getName() + "-" + volume.getName())
                .map(claim -> pod.getMetadata().getNamespace() + "/" + claim)
                .toList();
    }

    private static void update(ControllerContext context, PersistentVolumeClaim claim, boolean hold) {
        var finalizers = new ArrayList<>(claim.getMetadata().getFinalizers());
        if (hold) {
            finalizers.add(FINALIZER);
        } else {
            finalizers.remove(FINALIZER);
        }
        context.client()
                .resource(claim.toBuilder()
                        .editMetadata()
                        .withFinalizers(finalizers)
                        .endMetadata()
                        .build())
                .update();
    }
}
