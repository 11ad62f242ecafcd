package io.jubernetes.scheduler.plugins.volume;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Volume;
import io.jubernetes.scheduler.framework.PodInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads the claims of a pod.
final class PodVolumes {
    private static final String BIND_COMPLETED = "pv.kubernetes.io/bind-completed";

    /// A claim that a pod mounts.
    ///
    /// @param isEphemeral whether it is made for this pod from a template
    record Mounted(String claim, boolean isEphemeral) {}

    private PodVolumes() {}

    static List<Mounted> claims(PodInfo pod) {
        List<Volume> volumes = pod.pod().getSpec().getVolumes();
        if (volumes.isEmpty()) {
            return List.of();
        }
        var claims = new ArrayList<Mounted>();
        for (Volume volume : volumes) {
            if (volume.getPersistentVolumeClaim() != null) {
                claims.add(new Mounted(volume.getPersistentVolumeClaim().getClaimName(), false));
            } else if (volume.getEphemeral() != null) {
                claims.add(new Mounted(pod.key().name() + "-" + volume.getName(), true));
            }
        }
        return claims;
    }

    /// Whether a claim made from a template was made for this pod and not found under its name.
    static boolean isMadeFor(PodInfo pod, PersistentVolumeClaim claim) {
        return claim.getMetadata().getOwnerReferences().stream()
                .anyMatch(owner ->
                        Boolean.TRUE.equals(owner.getController()) && pod.uid().equals(owner.getUid()));
    }

    static boolean isBound(PersistentVolumeClaim claim) {
        return volumeName(claim) != null && annotation(claim, BIND_COMPLETED) != null;
    }

    static @Nullable String volumeName(PersistentVolumeClaim claim) {
        String name = claim.getSpec().getVolumeName();
        return name == null || name.isEmpty() ? null : name;
    }

    static @Nullable String annotation(PersistentVolumeClaim claim, String key) {
        Map<String, String> annotations = claim.getMetadata().getAnnotations();
        return annotations == null ? null : annotations.get(key);
    }

    /// The name of the claim's storage class, empty for none.
    static String storageClass(PersistentVolumeClaim claim) {
        String beta = annotation(claim, "volume.beta.kubernetes.io/storage-class");
        String name = beta == null ? claim.getSpec().getStorageClassName() : beta;
        return name == null ? "" : name;
    }
}
