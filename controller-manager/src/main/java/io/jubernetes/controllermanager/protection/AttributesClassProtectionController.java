package io.jubernetes.controllermanager.protection;

import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.storage.VolumeAttributesClass;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Holds a class of volume attributes by a finalizer while a claim or a volume is of it.
public final class AttributesClassProtectionController {
    private static final String FINALIZER = "kubernetes.io/vac-protection";

    private AttributesClassProtectionController() {}

    public static Controller create(String name, ControllerContext context) {
        Informed<VolumeAttributesClass> classes = context.informers().of(VolumeAttributesClass.class);
        Informed<PersistentVolumeClaim> claims = context.informers().of(PersistentVolumeClaim.class);
        Informed<PersistentVolume> volumes = context.informers().of(PersistentVolume.class);
        WorkQueue<ObjectKey> queue = context.queue(name);
        classes.listen((_, after) -> {
            if (after != null) {
                queue.add(ObjectKey.of(after));
            }
        });
        claims.listen((before, after) -> {
            if (before != null && (after == null || !of(before).equals(of(after)))) {
                of(before).forEach(each -> queue.add(new ObjectKey("", each)));
            }
        });
        volumes.listen((before, after) -> {
            if (before != null && before.getSpec().getVolumeAttributesClassName() != null) {
                queue.add(new ObjectKey("", before.getSpec().getVolumeAttributesClassName()));
            }
        });
        return Controller.of(context.runner(name, queue, (key, _) -> {
            VolumeAttributesClass object = classes.find(key).orElse(null);
            if (object == null) {
                return Result.done();
            }
            boolean held = object.getMetadata().getFinalizers().contains(FINALIZER);
            boolean leaving = object.getMetadata().getDeletionTimestamp() != null;
            boolean used = claims.all().stream().anyMatch(claim -> of(claim).contains(key.name()))
                    || volumes.all().stream()
                            .anyMatch(
                                    volume -> key.name().equals(volume.getSpec().getVolumeAttributesClassName()));
            if (leaving ? held && !used : !held) {
                var finalizers = new ArrayList<>(object.getMetadata().getFinalizers());
                if (leaving) {
                    finalizers.remove(FINALIZER);
                } else {
                    finalizers.add(FINALIZER);
                }
                context.client()
                        .resource(object.toBuilder()
                                .editMetadata()
                                .withFinalizers(finalizers)
                                .endMetadata()
                                .build())
                        .update();
            }
            return Result.done();
        }));
    }

    /// The classes a claim is of, comes from or goes to.
    private static List<String> of(PersistentVolumeClaim claim) {
        var status = claim.getStatus();
        Stream<@Nullable String> names = Stream.of(
                claim.getSpec().getVolumeAttributesClassName(),
                status == null ? null : status.getCurrentVolumeAttributesClassName(),
                status == null || status.getModifyVolumeStatus() == null
                        ? null
                        : status.getModifyVolumeStatus().getTargetVolumeAttributesClassName());
        return names.filter(Objects::nonNull)
                .map(Objects::requireNonNull)
                .distinct()
                .toList();
    }
}
