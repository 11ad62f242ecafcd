package io.jubernetes.controllermanager.volumebinder;

import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.jubernetes.controllermanager.workload.Labels;
import org.jspecify.annotations.Nullable;

/// What is to be done about a volume. Pure.
enum VolumeDecision {
    /// It may be taken.
    AVAILABLE,
    /// It and its claim name each other.
    BOUND,
    /// Its claim has yet to name it: that is done from the claim's side.
    AWAIT_CLAIM,
    /// Its claim is gone: keep or delete it, as its policy says.
    RECLAIM,
    /// Its claim has another volume: give it free.
    UNBIND;

    static final String PROVISIONED_BY = "pv.kubernetes.io/provisioned-by";

    /// @param claim the claim the volume names, null when it is gone or replaced by another of its name
    static VolumeDecision of(PersistentVolume volume, @Nullable PersistentVolumeClaim claim) {
        ObjectReference reference = volume.getSpec().getClaimRef();
        if (reference == null || VolumeMatch.isEmpty(reference.getUid())) {
            return AVAILABLE;
        }
        if (claim == null) {
            return RECLAIM;
        }
        String named = claim.getSpec().getVolumeName();
        if (VolumeMatch.isEmpty(named)) {
            return AWAIT_CLAIM;
        }
        if (named.equals(volume.getMetadata().getName())) {
            return BOUND;
        }
        boolean madeForIt = Labels.annotation(volume, PROVISIONED_BY).isPresent()
                && "Delete".equals(volume.getSpec().getPersistentVolumeReclaimPolicy());
        return madeForIt ? RECLAIM : UNBIND;
    }
}
