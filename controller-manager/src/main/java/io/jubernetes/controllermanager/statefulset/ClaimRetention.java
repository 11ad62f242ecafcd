package io.jubernetes.controllermanager.statefulset;

import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.jubernetes.controllermanager.workload.Owners;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// With whom a claim of a stateful set goes, as `persistentVolumeClaimRetentionPolicy` says: with the set, with a
/// pod that is scaled away, or with nobody. The garbage collector does the rest by the owner references. Pure.
final class ClaimRetention {
    private ClaimRetention() {}

    /// The owners the claim should have, if they differ from those it has. A claim that somebody else controls is
    /// left alone.
    ///
    /// @param pod the pod that uses the claim
    /// @param condemned whether the pod is beyond the wanted number
    static Optional<List<OwnerReference>> change(
            StatefulSet set, Pod pod, boolean condemned, PersistentVolumeClaim claim) {
        var policy = set.getSpec().getPersistentVolumeClaimRetentionPolicy();
        boolean whenDeleted = policy != null && "Delete".equals(policy.getWhenDeleted());
        boolean whenScaled = policy != null && "Delete".equals(policy.getWhenScaled());
        boolean goesWithPod = whenScaled && condemned;
        boolean goesWithSet = whenDeleted && !goesWithPod;
        List<OwnerReference> now = claim.getMetadata().getOwnerReferences();
        boolean foreign = now.stream()
                .anyMatch(
                        owner -> Boolean.TRUE.equals(owner.getController()) && !isOf(owner, set) && !isPod(owner, pod));
        if (foreign) {
            return Optional.empty();
        }
        List<OwnerReference> wanted = new ArrayList<>(now);
        wanted.removeIf(owner -> isOf(owner, set) || isPod(owner, pod));
        if (goesWithSet) {
            wanted.add(Owners.controllerReference(set));
        }
        if (goesWithPod) {
            wanted.add(new OwnerReferenceBuilder()
                    .withApiVersion("v1")
                    .withKind("Pod")
                    .withName(pod.getMetadata().getName())
                    .withUid(pod.getMetadata().getUid())
                    .withController(true)
                    .withBlockOwnerDeletion(true)
                    .build());
        }
        return wanted.equals(now) ? Optional.empty() : Optional.of(List.copyOf(wanted));
    }

    /// Whether the claim is on its way out with an earlier pod of the same name: a new pod must wait for a new one.
    static boolean isStale(PersistentVolumeClaim claim, String podName) {
        return claim.getMetadata().getDeletionTimestamp() != null
                || claim.getMetadata().getOwnerReferences().stream()
                        .anyMatch(owner ->
                                owner.getKind().equals("Pod") && owner.getName().equals(podName));
    }

    private static boolean isOf(OwnerReference owner, StatefulSet set) {
        return owner.getKind().equals("StatefulSet")
                && owner.getName().equals(set.getMetadata().getName());
    }

    private static boolean isPod(OwnerReference owner, Pod pod) {
        return owner.getKind().equals("Pod")
                && owner.getName().equals(pod.getMetadata().getName());
    }
}
