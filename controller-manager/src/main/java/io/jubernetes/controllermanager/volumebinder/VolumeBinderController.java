package io.jubernetes.controllermanager.volumebinder;

import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import java.util.Objects;

/// Wires the volume binder: one queue for claims, one for volumes.
public final class VolumeBinderController {
    private VolumeBinderController() {}

    public static Controller create(String name, ControllerContext context) {
        Informed<PersistentVolumeClaim> claims = context.informers().of(PersistentVolumeClaim.class);
        Informed<PersistentVolume> volumes = context.informers().of(PersistentVolume.class);
        Informed<StorageClass> classes = context.informers().of(StorageClass.class);
        WorkQueue<ObjectKey> claimQueue = context.queue("claims");
        WorkQueue<ObjectKey> volumeQueue = context.queue("volumes");
        var binder = new Binder(context, claims, volumes);
        var claimWork = new ClaimReconciler(context, claims, volumes, classes, binder);
        var volumeWork = new VolumeReconciler(context, claims, volumes);
        claims.listenAny(claim -> {
            claimQueue.add(ObjectKey.of(claim));
            String volume = claim.getSpec().getVolumeName();
            if (!VolumeMatch.isEmpty(volume)) {
                volumeQueue.add(new ObjectKey("", Objects.requireNonNull(volume)));
            }
        });
        volumes.listen((before, after) -> {
            PersistentVolume any = after == null ? before : after;
            if (any == null) {
                return;
            }
            volumeQueue.add(ObjectKey.of(any));
            var reference = any.getSpec().getClaimRef();
            if (reference != null) {
                claimQueue.add(ObjectKey.of(reference.getNamespace(), reference.getName()));
            } else if (after != null) {
                wakeUnbound(claims, claimQueue);
            }
        });
        classes.listen((_, after) -> {
            if (after != null) {
                wakeUnbound(claims, claimQueue);
            }
        });
        // One worker a queue, as upstream: two claims must not choose the same volume.
        return Controller.of(
                context.runner(name, claimQueue, claimWork, 1),
                context.runner(name + "-volumes", volumeQueue, volumeWork, 1));
    }

    private static void wakeUnbound(Informed<PersistentVolumeClaim> claims, WorkQueue<ObjectKey> queue) {
        claims.all().stream()
                .filter(claim -> !VolumeMatch.hasYes(claim, ClaimDecision.BIND_COMPLETED))
                .forEach(claim -> queue.add(ObjectKey.of(claim)));
    }
}
