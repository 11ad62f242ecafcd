package io.jubernetes.controllermanager.volumebinder;

import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimStatusBuilder;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.controller.EventRecorder;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.RawApi;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.common.meta.Quantity;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import java.util.Map;

/// Enlarges bound claims that ask for more than they have. A directory can hold what the disk has room for, so for
/// volumes made here that is done by saying so; others are their own drivers' to enlarge.
public final class ExpandController {
    private final ControllerContext context;
    private final Informed<PersistentVolumeClaim> claims;
    private final Informed<PersistentVolume> volumes;
    private final EventRecorder events;

    private ExpandController(ControllerContext context) {
        this.context = context;
        this.claims = context.informers().of(PersistentVolumeClaim.class);
        this.volumes = context.informers().of(PersistentVolume.class);
        this.events = context.events("volume_expand");
    }

    public static Controller create(String name, ControllerContext context) {
        var controller = new ExpandController(context);
        WorkQueue<ObjectKey> queue = context.queue("volume_expand");
        controller.claims.listen((before, after) -> {
            if (after != null && asksForMore(after) && (before == null || !before.equals(after))) {
                queue.add(ObjectKey.of(after));
            }
        });
        return Controller.of(context.runner(name, queue, (key, _) -> controller.reconcile(key)));
    }

    static boolean asksForMore(PersistentVolumeClaim claim) {
        return claim.getStatus() != null
                && "Bound".equals(claim.getStatus().getPhase())
                && VolumeMatch.asked(claim)
                                .compareTo(VolumeMatch.storage(claim.getStatus().getCapacity()))
                        > 0;
    }

    private Result reconcile(ObjectKey key) {
        PersistentVolumeClaim claim = claims.find(key).orElse(null);
        if (claim == null || !asksForMore(claim)) {
            return Result.done();
        }
        PersistentVolume volume = volumes.find(new ObjectKey("", claim.getSpec().getVolumeName()))
                .filter(each -> VolumeMatch.isFor(each, claim))
                .orElse(null);
        if (volume == null) {
            return Result.done();
        }
        Quantity asked = VolumeMatch.asked(claim);
        if (!LocalPath.isOurs(volume)) {
            // Equal events are counted by the recorder, so that this does not fill the list.
            if (asked.compareTo(VolumeMatch.capacity(volume)) > 0) {
                events.warning(claim, "ExternalExpanding", "waiting for an external controller to expand this PVC");
            }
            return Result.done();
        }
        var size = Map.of("storage", asked.toString());
        if (asked.compareTo(VolumeMatch.capacity(volume)) > 0) {
            var change = Json.object();
            change.putObject("spec").set("capacity", Json.tree(size));
            context.raw().patch(RawApi.path(volume), RawApi.MERGE_PATCH, change);
        }
        var status = new PersistentVolumeClaimStatusBuilder(claim.getStatus())
                .withCapacity(Map.of("storage", io.fabric8.kubernetes.api.model.Quantity.parse(asked.toString())))
                .build();
        var change = Json.object();
        change.putObject("metadata").put("resourceVersion", claim.getMetadata().getResourceVersion());
        change.set("status", Json.tree(Map.of("capacity", Json.tree(status.getCapacity()))));
        context.raw().patch(RawApi.path(claim) + "/status", RawApi.MERGE_PATCH, change);
        events.normal(claim, "VolumeResizeSuccessful", "Resize volume succeeded");
        return Result.done();
    }
}
