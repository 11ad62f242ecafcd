package io.jubernetes.controllermanager.resourceclaim;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimConsumerReference;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimTemplate;
import io.jubernetes.controllermanager.workload.Labels;
import io.jubernetes.controllermanager.workload.Owners;
import io.jubernetes.controllermanager.workload.Pods;
import io.jubernetes.controllermanager.workload.TemplateHash;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/// What becomes of a claim. Pure.
///
/// @param reservedFor the consumers that still are
/// @param deallocate whether the devices are to be given back
/// @param delete whether the claim has served its pod
record ClaimPlan(List<ResourceClaimConsumerReference> reservedFor, boolean deallocate, boolean delete) {
    /// Says for which of a pod's claims a generated one is.
    static final String POD_CLAIM = "resource.kubernetes.io/pod-claim-name";
    private static final int LONGEST_PREFIX = 200;
    /// Held by the scheduler's allocation.
    static final String FINALIZER = "resource.kubernetes.io/delete-protection";

    /// @param isGone whether the pod of a reference is gone for good, or has ended
    static ClaimPlan of(
            ResourceClaim claim, Predicate<ResourceClaimConsumerReference> isGone, Optional<Pod> ownerWhenLive) {
        List<ResourceClaimConsumerReference> reserved =
                claim.getStatus() == null ? List.of() : claim.getStatus().getReservedFor();
        List<ResourceClaimConsumerReference> kept = reserved.stream()
                .filter(reference -> !isPod(reference) || !isGone.test(reference))
                .toList();
        boolean allocated = claim.getStatus() != null && claim.getStatus().getAllocation() != null;
        boolean leaving = claim.getMetadata().getDeletionTimestamp() != null;
        boolean generated = Labels.annotation(claim, POD_CLAIM).isPresent()
                && Owners.controllerOf(claim)
                        .filter(owner -> owner.getKind().equals("Pod"))
                        .isPresent();
        boolean served =
                generated && ownerWhenLive.filter(pod -> !Pods.isTerminal(pod)).isEmpty();
        boolean unused = kept.isEmpty();
        // What nobody reserves any more goes back, so that the next consumer may have it on another node.
        boolean release = allocated && unused && (leaving || served || !reserved.isEmpty());
        return new ClaimPlan(kept, release, unused && served && !leaving);
    }

    static boolean isPod(ResourceClaimConsumerReference reference) {
        return "pods".equals(reference.getResource())
                && (reference.getApiGroup() == null || reference.getApiGroup().isEmpty());
    }

    /// The claim a pod gets from a template. Its name looks made by chance but is always the same, so
    /// that the claim is not made twice.
    static ResourceClaim generate(Pod pod, PodResourceClaim named, ResourceClaimTemplate template) {
        var metadata = template.getSpec().getMetadata();
        String prefix = pod.getMetadata().getName() + "-" + named.getName() + "-";
        String suffix = TemplateHash.of((Object) (pod.getMetadata().getUid() + "/" + named.getName()), null);
        return new ResourceClaimBuilder()
                .withNewMetadata()
                .withNamespace(pod.getMetadata().getNamespace())
                .withGenerateName(prefix)
                .withName(prefix.substring(0, Math.min(prefix.length(), LONGEST_PREFIX)) + suffix)
                .withLabels(Labels.labels(metadata))
                .withAnnotations(Labels.annotations(metadata))
                .addToAnnotations(POD_CLAIM, named.getName())
                .withOwnerReferences(Owners.controllerReference(pod))
                .endMetadata()
                .withSpec(template.getSpec().getSpec())
                .build();
    }

    /// The claim that was generated for one of a pod's claims, if there is one.
    static Optional<ResourceClaim> generated(Pod pod, PodResourceClaim named, Collection<ResourceClaim> claims) {
        return claims.stream()
                .filter(claim -> Owners.isControlledBy(claim, pod))
                .filter(claim -> Labels.annotation(claim, POD_CLAIM)
                        .filter(named.getName()::equals)
                        .isPresent())
                .filter(claim -> claim.getMetadata().getDeletionTimestamp() == null)
                .findFirst();
    }
}
