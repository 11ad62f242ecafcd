package io.jubernetes.kubelet.volume;

import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Volume;
import io.jubernetes.common.meta.Quantity;
import io.jubernetes.kubelet.cluster.ClusterFailure;
import io.jubernetes.kubelet.cluster.ClusterObjects;
import java.io.IOException;
import java.util.Objects;
import java.util.Optional;

/// From a pod's volume to the persistent volume that its claim is bound to.
final class Claims {
    private final ClusterObjects objects;

    Claims(ClusterObjects objects) {
        this.objects = objects;
    }

    /// A claim and the volume it is bound to.
    record Bound(PersistentVolumeClaim claim, PersistentVolume volume) {
        /// Whether the volume has grown and the node has to make use of that.
        boolean waitsForNode() {
            var status = claim.getStatus();
            String resize = status.getAllocatedResourceStatuses() == null
                    ? null
                    : status.getAllocatedResourceStatuses().get("storage");
            boolean pending = "NodeResizePending".equals(resize)
                    || "NodeResizeInProgress".equals(resize)
                    || status.getConditions().stream()
                            .anyMatch(condition -> condition.getType().equals("FileSystemResizePending")
                                    && condition.getStatus().equals("True"));
            var has = status.getCapacity() == null ? null : status.getCapacity().get("storage");
            return pending && (has == null || Quantity.parse(has.toString()).toLong() < size());
        }

        /// The volume's size.
        io.fabric8.kubernetes.api.model.Quantity capacity() {
            return Objects.requireNonNullElse(
                    volume.getSpec().getCapacity().get("storage"), new io.fabric8.kubernetes.api.model.Quantity("0"));
        }

        /// The volume's size in bytes.
        long size() {
            return Quantity.parse(capacity().toString()).toLong();
        }
    }

    /// The name of the claim behind a volume; empty when it has none.
    static Optional<String> name(Pod pod, Volume volume) {
        if (volume.getPersistentVolumeClaim() != null) {
            return Optional.of(volume.getPersistentVolumeClaim().getClaimName());
        }
        return volume.getEphemeral() != null
                ? Optional.of(pod.getMetadata().getName() + "-" + volume.getName())
                : Optional.empty();
    }

    /// The claim and its persistent volume.
    ///
    /// @throws IOException when the claim is missing, unbound, somebody else's or going away
    Bound of(Pod pod, Volume volume, String name) throws IOException, ClusterFailure {
        String namespace = pod.getMetadata().getNamespace();
        String label = "error processing PVC " + namespace + "/" + name + ": ";
        PersistentVolumeClaim claim = objects.claim(namespace, name)
                .orElseThrow(() -> new IOException(label
                        + "failed to fetch PVC from API server: persistentvolumeclaims \"" + name
                        + "\" not found"));
        if (volume.getEphemeral() != null
                && claim.getMetadata().getOwnerReferences().stream()
                        .noneMatch(owner -> pod.getMetadata().getUid().equals(owner.getUid()))) {
            throw new IOException(label + "PVC " + namespace + "/" + name + " was not created for pod " + namespace
                    + "/" + pod.getMetadata().getName() + " (pod is not owner)");
        }
        if (claim.getMetadata().getDeletionTimestamp() != null) {
            throw new IOException(label + "PVC is being deleted");
        }
        String phase = claim.getStatus() == null
                ? ""
                : String.valueOf(claim.getStatus().getPhase());
        String bound = claim.getSpec().getVolumeName();
        if (!phase.equals("Bound") || bound == null || bound.isEmpty()) {
            throw new IOException(label + "PVC " + namespace + "/" + name + " has non-bound phase (\"" + phase
                    + "\") or empty pvc.Spec.VolumeName (\"" + (bound == null ? "" : bound) + "\")");
        }
        PersistentVolume found = objects.volume(bound)
                .orElseThrow(() -> new IOException(
                        label + "failed to get PV " + bound + ": persistentvolumes \"" + bound + "\" not found"));
        var owner = found.getSpec().getClaimRef();
        if (owner == null || !claim.getMetadata().getUid().equals(owner.getUid())) {
            throw new IOException(label + "PV " + bound + " is not bound to the claim");
        }
        return new Bound(claim, found);
    }
}
