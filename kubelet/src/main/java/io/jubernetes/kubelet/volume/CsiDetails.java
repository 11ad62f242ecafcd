package io.jubernetes.kubelet.volume;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretReference;
import io.fabric8.kubernetes.api.model.storage.CSIDriver;
import io.fabric8.kubernetes.api.model.storage.CSIDriverSpec;
import io.fabric8.kubernetes.api.model.storage.VolumeAttachment;
import io.jubernetes.common.codec.Sha256;
import io.jubernetes.kubelet.cluster.ClusterFailure;
import io.jubernetes.kubelet.cluster.ClusterObjects;
import io.jubernetes.kubelet.csi.CsiDriver;
import io.jubernetes.kubelet.csi.CsiDriver.Capability;
import io.jubernetes.kubelet.csi.CsiVolume;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What a storage driver is told about a volume and its pod besides the volume itself, as its CSIDriver object says.
final class CsiDetails {
    private final ClusterObjects objects;
    private final Tokens tokens;
    private final String nodeName;

    CsiDetails(ClusterObjects objects, Tokens tokens, String nodeName) {
        this.objects = objects;
        this.tokens = tokens;
        this.nodeName = nodeName;
    }

    static Map<String, String> orEmpty(@Nullable Map<String, String> map) {
        return map == null ? Map.of() : map;
    }

    static Map<String, String> attached(VolumeAttachment attachment) {
        return orEmpty(attachment.getStatus().getAttachmentMetadata());
    }

    /// The attachment that the driver wants before it stages; empty when it wants none.
    ///
    /// @throws IOException while the volume is not attached
    Optional<VolumeAttachment> attachment(Optional<CSIDriver> driver, String name, String handle)
            throws IOException, ClusterFailure {
        boolean required = driver.map(CSIDriver::getSpec)
                .map(CSIDriverSpec::getAttachRequired)
                .orElse(true);
        if (!required) {
            return Optional.empty();
        }
        String id = "csi-" + Sha256.hex(handle + name + nodeName, 32);
        VolumeAttachment found = objects.volumeAttachment(id)
                .orElseThrow(() -> new IOException("volume " + handle + " has GET error for volume attachment " + id
                        + ": volumeattachments.storage.k8s.io \"" + id + "\" not found"));
        if (found.getMetadata().getDeletionTimestamp() != null) {
            throw new IOException("volume attachment is being deleted");
        }
        if (found.getStatus() == null || !Boolean.TRUE.equals(found.getStatus().getAttached())) {
            throw new IOException(
                    "timed out waiting for external-attacher of " + name + " CSI driver to attach volume " + handle);
        }
        return Optional.of(found);
    }

    Map<String, String> secret(@Nullable SecretReference reference) throws IOException, ClusterFailure {
        if (reference == null) {
            return Map.of();
        }
        Secret secret = objects.secret(reference.getNamespace(), reference.getName())
                .orElseThrow(() -> new IOException("failed to get secret " + reference.getNamespace() + "/"
                        + reference.getName() + ": secrets \"" + reference.getName() + "\" not found"));
        Map<String, String> values = new HashMap<>();
        orEmpty(secret.getData())
                .forEach((key, value) ->
                        values.put(key, new String(Base64.getMimeDecoder().decode(value), StandardCharsets.UTF_8)));
        return values;
    }

    /// What the driver is told of the pod, if it wants to know.
    Map<String, String> context(Pod pod, Optional<CSIDriver> driver, boolean ephemeral) throws ClusterFailure {
        Map<String, String> context = new HashMap<>();
        CSIDriverSpec spec = driver.map(CSIDriver::getSpec).orElse(null);
        if (spec == null) {
            return context;
        }
        if (Boolean.TRUE.equals(spec.getPodInfoOnMount())) {
            String prefix = "csi.storage.k8s.io/";
            context.put(prefix + "pod.name", pod.getMetadata().getName());
            context.put(prefix + "pod.namespace", pod.getMetadata().getNamespace());
            context.put(prefix + "pod.uid", pod.getMetadata().getUid());
            context.put(
                    prefix + "serviceAccount.name",
                    Objects.requireNonNullElse(pod.getSpec().getServiceAccountName(), ""));
            context.put(prefix + "ephemeral", Boolean.toString(ephemeral));
        }
        if (!spec.getTokenRequests().isEmpty()) {
            context.put("csi.storage.k8s.io/serviceAccount.tokens", tokens.forDriver(pod, spec.getTokenRequests()));
        }
        return context;
    }

    static boolean isRepublished(Optional<CSIDriver> driver) {
        return driver.map(CSIDriver::getSpec)
                .map(CSIDriverSpec::getRequiresRepublish)
                .orElse(false);
    }

    /// Who shall own the files, when the driver sees to that itself; otherwise empty.
    static String group(CsiDriver driver, Pod pod) {
        Long group = Volumes.fsGroup(pod);
        return group != null && driver.can(Capability.GROUP) ? group.toString() : "";
    }

    /// Whether the kubelet gives the files to the pod's group.
    static boolean ownsFiles(Optional<CSIDriver> driver, CsiVolume.Use use) {
        String policy = driver.map(CSIDriver::getSpec)
                .map(CSIDriverSpec::getFsGroupPolicy)
                .orElse("ReadWriteOnceWithFSType");
        return switch (policy) {
            case "File" -> true;
            case "None" -> false;
            default -> !use.fsType().isEmpty() && use.accessMode().equals("ReadWriteOnce");
        };
    }
}
