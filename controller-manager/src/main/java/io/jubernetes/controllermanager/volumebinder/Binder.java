package io.jubernetes.controllermanager.volumebinder;

import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimStatus;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimStatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.OwnWrites;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.controllermanager.ControllerContext;
import java.util.Map;
import java.util.Objects;

/// Writes a binding, in an order that can be taken up again after any step: the volume names the claim, then the
/// claim the volume, then both say so in their status.
final class Binder {
    private static final ObjectKey ANY = new ObjectKey("", "");

    private final KubernetesClient client;
    private final OwnWrites<PersistentVolume> volumeWrites;
    private final OwnWrites<PersistentVolumeClaim> claimWrites;

    Binder(ControllerContext context, Informed<PersistentVolumeClaim> claims, Informed<PersistentVolume> volumes) {
        this.client = context.client();
        this.volumeWrites = new OwnWrites<>(volumes);
        this.claimWrites = new OwnWrites<>(claims);
    }

    /// Whether the caches lack something that was written here: a volume that seems free may be given away.
    boolean isBehind() {
        return volumeWrites.behind(ANY) || claimWrites.behind(ANY);
    }

    void wrote(PersistentVolume volume) {
        volumeWrites.wrote(ANY, volume);
    }

    void wrote(PersistentVolumeClaim claim) {
        claimWrites.wrote(ANY, claim);
    }

    void bind(PersistentVolume volume, PersistentVolumeClaim claim) {
        PersistentVolume bound = nameClaim(volume, claim);
        setPhase(bound, "Bound");
        PersistentVolumeClaim complete = nameVolume(claim, bound);
        setStatus(complete, bound);
    }

    private PersistentVolume nameClaim(PersistentVolume volume, PersistentVolumeClaim claim) {
        var reference = volume.getSpec().getClaimRef();
        String uid = claim.getMetadata().getUid();
        if (reference != null && uid.equals(reference.getUid())) {
            return volume;
        }
        var change = volume.toBuilder();
        if (reference == null) {
            change.editMetadata()
                    .addToAnnotations(ClaimDecision.BOUND_BY_CONTROLLER, "yes")
                    .endMetadata();
        }
        PersistentVolume written = client.resource(change.editSpec()
                        .withNewClaimRef()
                        .withApiVersion("v1")
                        .withKind("PersistentVolumeClaim")
                        .withNamespace(claim.getMetadata().getNamespace())
                        .withName(claim.getMetadata().getName())
                        .withUid(uid)
                        .withResourceVersion(claim.getMetadata().getResourceVersion())
                        .endClaimRef()
                        .endSpec()
                        .build())
                .update();
        wrote(written);
        return written;
    }

    private PersistentVolumeClaim nameVolume(PersistentVolumeClaim claim, PersistentVolume volume) {
        boolean named = volume.getMetadata().getName().equals(claim.getSpec().getVolumeName());
        if (named && VolumeMatch.hasYes(claim, ClaimDecision.BIND_COMPLETED)) {
            return claim;
        }
        var change = claim.toBuilder()
                .editMetadata()
                .addToAnnotations(ClaimDecision.BIND_COMPLETED, "yes")
                .endMetadata();
        if (!named) {
            change.editMetadata()
                    .addToAnnotations(ClaimDecision.BOUND_BY_CONTROLLER, "yes")
                    .endMetadata()
                    .editSpec()
                    .withVolumeName(volume.getMetadata().getName())
                    .endSpec();
        }
        PersistentVolumeClaim written = client.resource(change.build()).update();
        wrote(written);
        return written;
    }

    private void setStatus(PersistentVolumeClaim claim, PersistentVolume volume) {
        PersistentVolumeClaimStatus old =
                claim.getStatus() == null ? new PersistentVolumeClaimStatus() : claim.getStatus();
        boolean isNew = !"Bound".equals(old.getPhase());
        var status = new PersistentVolumeClaimStatusBuilder(old)
                .withPhase("Bound")
                .withAccessModes(volume.getSpec().getAccessModes());
        // Later on the capacity is what resizing says.
        if (isNew || old.getCapacity() == null || old.getCapacity().isEmpty()) {
            status.withCapacity(
                    volume.getSpec().getCapacity() == null
                            ? Map.of()
                            : volume.getSpec().getCapacity());
        }
        if (volume.getSpec().getVolumeAttributesClassName() != null && isNew) {
            status.withCurrentVolumeAttributesClassName(volume.getSpec().getVolumeAttributesClassName());
        }
        write(claim, status.build());
    }

    /// Sets a claim's phase and nothing else.
    void setPhase(PersistentVolumeClaim claim, String phase) {
        PersistentVolumeClaimStatus old =
                claim.getStatus() == null ? new PersistentVolumeClaimStatus() : claim.getStatus();
        if (!phase.equals(old.getPhase())) {
            write(
                    claim,
                    new PersistentVolumeClaimStatusBuilder(old).withPhase(phase).build());
        }
    }

    private void write(PersistentVolumeClaim claim, PersistentVolumeClaimStatus status) {
        if (!Objects.equals(status, claim.getStatus())) {
            wrote(client.resource(claim.toBuilder().withStatus(status).build())
                    .subresource("status")
                    .update());
        }
    }

    private void setPhase(PersistentVolume volume, String phase) {
        if (volume.getStatus() == null || !phase.equals(volume.getStatus().getPhase())) {
            wrote(client.resource(volume.toBuilder()
                            .editOrNewStatus()
                            .withPhase(phase)
                            .withReason(null)
                            .withMessage(null)
                            .endStatus()
                            .build())
                    .subresource("status")
                    .update());
        }
    }
}
