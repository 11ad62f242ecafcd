package io.jubernetes.controllermanager.protection;

import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import java.util.ArrayList;

/// Holds a volume by a finalizer while it is bound to a claim.
public final class VolumeProtectionController {
    private static final String FINALIZER = "kubernetes.io/pv-protection";

    private VolumeProtectionController() {}

    public static Controller create(String name, ControllerContext context) {
        Informed<PersistentVolume> volumes = context.informers().of(PersistentVolume.class);
        WorkQueue<ObjectKey> queue = context.queue(name);
        volumes.listen((_, after) -> {
            if (after != null) {
                queue.add(ObjectKey.of(after));
            }
        });
        return Controller.of(context.runner(name, queue, (key, _) -> {
            PersistentVolume volume = volumes.find(key).orElse(null);
            if (volume == null) {
                return Result.done();
            }
            boolean held = volume.getMetadata().getFinalizers().contains(FINALIZER);
            boolean leaving = volume.getMetadata().getDeletionTimestamp() != null;
            boolean bound = volume.getStatus() != null
                    && "Bound".equals(volume.getStatus().getPhase());
            if (leaving == held && !(leaving && bound)) {
                var finalizers = new ArrayList<>(volume.getMetadata().getFinalizers());
                if (leaving) {
                    finalizers.remove(FINALIZER);
                } else {
                    finalizers.add(FINALIZER);
                }
                context.client()
                        .resource(volume.toBuilder()
                                .editMetadata()
                                .withFinalizers(finalizers)
                                .endMetadata()
                                .build())
                        .update();
            }
            return Result.done();
        }));
    }
}
