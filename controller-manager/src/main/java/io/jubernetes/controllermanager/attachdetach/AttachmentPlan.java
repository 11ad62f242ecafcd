package io.jubernetes.controllermanager.attachdetach;

import io.fabric8.kubernetes.api.model.storage.VolumeAttachment;
import io.jubernetes.common.codec.Sha256;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// What is to be attached to and detached from one node. Pure.
///
/// @param waiting why a volume is not attached yet, by the volume: for the pods' events
/// @param lookAgain when a detaching that waits for its node runs out of patience
record AttachmentPlan(
        List<Volume> attach, List<VolumeAttachment> detach, Map<Volume, String> waiting, Optional<Duration> lookAgain) {
    /// A node that does not answer must not keep a volume for ever.
    static final Duration PATIENCE = Duration.ofMinutes(6);

    /// A persistent volume of a CSI driver.
    ///
    /// @param shared whether several nodes may have it at a time
    record Volume(String persistentVolume, String driver, String handle, boolean shared) {
        /// As kubelets name it in a node's status.
        String uniqueName() {
            return "kubernetes.io/csi/" + driver + "^" + handle;
        }

        String attachmentName(String node) {
            return "csi-" + Sha256.hex(handle + driver + node);
        }
    }

    /// @param wanted the volumes of the pods on the node
    /// @param inUse what the kubelet says it has mounted
    /// @param all every attachment there is
    /// @param unneededSince when a volume was first seen unused here; kept by the caller, changed here
    static AttachmentPlan of(
            String node,
            Set<Volume> wanted,
            Set<String> inUse,
            List<VolumeAttachment> all,
            Map<String, Instant> unneededSince,
            Instant now) {
        var attach = new ArrayList<Volume>();
        var detach = new ArrayList<VolumeAttachment>();
        var waiting = new HashMap<Volume, String>();
        Optional<Duration> lookAgain = Optional.empty();
        for (Volume volume : wanted) {
            unneededSince.remove(volume.persistentVolume());
            boolean here = false;
            String elsewhere = null;
            for (VolumeAttachment each : all) {
                if (!volume.persistentVolume().equals(each.getSpec().getSource().getPersistentVolumeName())) {
                    continue;
                }
                if (each.getSpec().getNodeName().equals(node)) {
                    here = true;
                } else {
                    elsewhere = each.getSpec().getNodeName();
                }
            }
            if (!here && elsewhere != null && !volume.shared()) {
                waiting.put(volume, elsewhere);
            } else if (!here) {
                attach.add(volume);
            }
        }
        for (VolumeAttachment each : all) {
            String volume = each.getSpec().getSource().getPersistentVolumeName();
            if (!each.getSpec().getNodeName().equals(node)
                    || volume == null
                    || each.getMetadata().getDeletionTimestamp() != null
                    || wanted.stream().anyMatch(one -> one.persistentVolume().equals(volume))) {
                continue;
            }
            boolean mounted = inUse.stream()
                    .anyMatch(name -> name.startsWith(
                            "kubernetes.io/csi/" + each.getSpec().getAttacher() + "^"));
            Instant since = unneededSince.computeIfAbsent(volume, _ -> now);
            Duration left = Duration.between(now, since.plus(PATIENCE));
            if (mounted && left.isPositive()) {
                lookAgain =
                        lookAgain.filter(there -> there.compareTo(left) <= 0).or(() -> Optional.of(left));
            } else {
                detach.add(each);
                unneededSince.remove(volume);
            }
        }
        return new AttachmentPlan(attach, detach, waiting, lookAgain);
    }
}
