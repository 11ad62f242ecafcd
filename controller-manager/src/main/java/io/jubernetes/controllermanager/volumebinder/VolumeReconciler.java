package io.jubernetes.controllermanager.volumebinder;

import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.controller.EventRecorder;
import io.jubernetes.common.controller.Lister;
import io.jubernetes.common.controller.Reconciler;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.common.time.Deadline;
import io.jubernetes.controllermanager.ControllerContext;
import io.jubernetes.controllermanager.workload.Labels;
import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Carries out what is decided about volumes.
final class VolumeReconciler implements Reconciler {
    private final ControllerContext context;
    private final Lister<PersistentVolumeClaim> claims;
    private final Lister<PersistentVolume> volumes;
    private final LocalPath localPath;
    private final EventRecorder events;

    VolumeReconciler(
            ControllerContext context, Lister<PersistentVolumeClaim> claims, Lister<PersistentVolume> volumes) {
        this.context = context;
        this.claims = claims;
        this.volumes = volumes;
        this.localPath = new LocalPath(context.settings().localPathDirectory());
        this.events = context.events("persistentvolume-controller");
    }

    @Override
    public Result reconcile(ObjectKey key, Deadline deadline) {
        PersistentVolume volume = volumes.find(key).orElse(null);
        if (volume == null) {
            return Result.done();
        }
        switch (VolumeDecision.of(volume, claimOf(volume))) {
            case AVAILABLE -> setPhase(volume, "Available", null);
            case BOUND -> setPhase(volume, "Bound", null);
            case AWAIT_CLAIM -> {}
            case UNBIND -> unbind(volume);
            case RECLAIM -> reclaim(volume);
        }
        return Result.done();
    }

    /// The claim a volume names. That it is gone is believed only of the API server: a volume may be
    /// deleted then.
    private @Nullable PersistentVolumeClaim claimOf(PersistentVolume volume) {
        var reference = volume.getSpec().getClaimRef();
        if (reference == null || VolumeMatch.isEmpty(reference.getUid())) {
            return null;
        }
        PersistentVolumeClaim cached = claims.find(ObjectKey.of(reference.getNamespace(), reference.getName()))
                .orElse(null);
        if (cached != null && reference.getUid().equals(cached.getMetadata().getUid())) {
            return cached;
        }
        PersistentVolumeClaim live = context.client()
                .persistentVolumeClaims()
                .inNamespace(reference.getNamespace())
                .withName(reference.getName())
                .get();
        return live != null && reference.getUid().equals(live.getMetadata().getUid()) ? live : null;
    }

    private void reclaim(PersistentVolume volume) {
        String phase = volume.getStatus() == null ? null : volume.getStatus().getPhase();
        if ("Failed".equals(phase)) {
            return;
        }
        setPhase(volume, "Released", null);
        String policy = volume.getSpec().getPersistentVolumeReclaimPolicy();
        if ("Delete".equals(policy)) {
            delete(volume);
        } else if ("Recycle".equals(policy)) {
            fail(volume, "VolumeFailedRecycle", "No recycler plugin found for the volume!");
        }
    }

    private void delete(PersistentVolume volume) {
        if (volume.getMetadata().getDeletionTimestamp() != null && !LocalPath.isOurs(volume)) {
            return;
        }
        String name = volume.getMetadata().getName();
        if (!LocalPath.isOurs(volume)) {
            boolean external =
                    Labels.annotation(volume, VolumeDecision.PROVISIONED_BY).isPresent()
                            || volume.getSpec().getCsi() != null;
            // An external provisioner deletes what it made.
            if (!external) {
                fail(
                        volume,
                        "VolumeFailedDelete",
                        "error getting deleter volume plugin for volume \"" + name
                                + "\": no deletable volume plugin matched");
            }
            return;
        }
        try {
            if (!localPath.delete(volume)) {
                events.normal(
                        volume,
                        "VolumeDataNotHere",
                        "The directory of the volume is not on this machine; if it is on a node it stays there");
            }
            context.raw().delete(volume, null);
        } catch (IOException e) {
            fail(volume, "VolumeFailedDelete", "cannot delete the directory: " + e);
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404) {
                throw e;
            }
        }
    }

    private void fail(PersistentVolume volume, String reason, String message) {
        if (setPhase(volume, "Failed", message)) {
            events.warning(volume, reason, message);
        }
    }

    private void unbind(PersistentVolume volume) {
        boolean byUs = VolumeMatch.hasYes(volume, ClaimDecision.BOUND_BY_CONTROLLER);
        var change = volume.toBuilder();
        if (byUs) {
            change.editMetadata()
                    .removeFromAnnotations(ClaimDecision.BOUND_BY_CONTROLLER)
                    .endMetadata()
                    .editSpec()
                    .withClaimRef(null)
                    .endSpec();
        } else {
            // Who wrote the reference meant the claim of this name: only which one it was is forgotten.
            change.editSpec()
                    .editClaimRef()
                    .withUid(null)
                    .withResourceVersion(null)
                    .endClaimRef()
                    .endSpec();
        }
        PersistentVolume _ = context.client().resource(change.build()).update();
    }

    private boolean setPhase(PersistentVolume volume, String phase, @Nullable String message) {
        var status = volume.getStatus();
        if (status != null && phase.equals(status.getPhase()) && Objects.equals(message, status.getMessage())) {
            return false;
        }
        // What an earlier step of this round wrote must not be in the way.
        PersistentVolume fresh = context.client().resource(volume).get();
        if (fresh == null
                || !fresh.getMetadata().getUid().equals(volume.getMetadata().getUid())) {
            return false;
        }
        if (fresh.getStatus() != null
                && phase.equals(fresh.getStatus().getPhase())
                && Objects.equals(message, fresh.getStatus().getMessage())) {
            return false;
        }
        PersistentVolume _ = context.client()
                .resource(fresh.toBuilder()
                        .editOrNewStatus()
                        .withPhase(phase)
                        .withMessage(message)
                        .endStatus()
                        .build())
                .subresource("status")
                .update();
        return true;
    }
}
