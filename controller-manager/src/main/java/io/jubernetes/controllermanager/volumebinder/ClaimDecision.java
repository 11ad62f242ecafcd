package io.jubernetes.controllermanager.volumebinder;

import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import io.jubernetes.controllermanager.workload.Labels;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What is to be done about a claim. Pure.
sealed interface ClaimDecision {
    String BIND_COMPLETED = "pv.kubernetes.io/bind-completed";
    String BOUND_BY_CONTROLLER = "pv.kubernetes.io/bound-by-controller";
    String SELECTED_NODE = "volume.kubernetes.io/selected-node";

    /// Bring both together, or complete what was begun.
    record Bind(PersistentVolume volume) implements ClaimDecision {}

    /// Make a volume.
    record Provision() implements ClaimDecision {}

    /// Wait until a pod that uses it is on its way to a node.
    record WaitForConsumer() implements ClaimDecision {}

    /// There is no volume, and no class to make one by.
    record NoVolume() implements ClaimDecision {}

    /// The volume it names does not fit.
    record Mismatch(String volume, String why) implements ClaimDecision {}

    /// The volume it names is not there or is another's.
    record Pending() implements ClaimDecision {}

    /// It was bound, and is so no more.
    record Lost(String reason, String message) implements ClaimDecision {}

    /// @param storageClass the claim's class; null when there is none of that name
    static ClaimDecision of(
            PersistentVolumeClaim claim, Map<String, PersistentVolume> volumes, @Nullable StorageClass storageClass) {
        return VolumeMatch.hasYes(claim, BIND_COMPLETED)
                ? ofBound(claim, volumes)
                : ofUnbound(claim, volumes, storageClass);
    }

    private static ClaimDecision ofUnbound(
            PersistentVolumeClaim claim, Map<String, PersistentVolume> volumes, @Nullable StorageClass storageClass) {
        String name = claim.getSpec().getVolumeName();
        if (!VolumeMatch.isEmpty(name)) {
            PersistentVolume volume = volumes.get(name);
            if (volume == null) {
                return new Pending();
            }
            if (volume.getSpec().getClaimRef() != null) {
                return VolumeMatch.isFor(volume, claim) ? new Bind(volume) : new Pending();
            }
            Optional<String> mismatch = VolumeMatch.mismatch(volume, claim);
            return mismatch.isPresent() ? new Mismatch(name, mismatch.get()) : new Bind(volume);
        }
        boolean waits = storageClass != null && "WaitForFirstConsumer".equals(storageClass.getVolumeBindingMode());
        boolean placed = Labels.annotation(claim, SELECTED_NODE).isPresent();
        Optional<PersistentVolume> best = VolumeMatch.best(claim, volumes.values(), waits);
        if (best.isPresent()) {
            return new Bind(best.get());
        }
        if (waits && !placed) {
            return new WaitForConsumer();
        }
        return VolumeMatch.storageClass(claim).isEmpty() ? new NoVolume() : new Provision();
    }

    private static ClaimDecision ofBound(PersistentVolumeClaim claim, Map<String, PersistentVolume> volumes) {
        String name = claim.getSpec().getVolumeName();
        if (VolumeMatch.isEmpty(name)) {
            return new Lost(
                    "ClaimLost", "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!");
        }
        PersistentVolume volume = volumes.get(name);
        if (volume == null) {
            return new Lost("ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!");
        }
        if (volume.getSpec().getClaimRef() == null || VolumeMatch.isFor(volume, claim)) {
            return new Bind(volume);
        }
        return new Lost("ClaimMisbound", "Two claims are bound to the same volume, this one is bound incorrectly");
    }
}
