package io.jubernetes.scheduler.plugins.dynamicresources;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodResourceClaim;
import io.fabric8.kubernetes.api.model.PodResourceClaimStatus;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.scheduler.framework.PodInfo;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Finds the claims of pods.
final class PodClaims {
    private final ClaimLedger ledger;

    /// What came of it.
    sealed interface Found {
        record All(List<ResourceClaim> claims) implements Found {}

        /// The pod has to wait.
        record Missing(String why) implements Found {}
    }

    PodClaims(ClaimLedger ledger) {
        this.ledger = ledger;
    }

    static boolean hasAny(PodInfo pod) {
        return !pod.pod().getSpec().getResourceClaims().isEmpty();
    }

    /// The claims of a pod, each once.
    Found of(PodInfo pod) {
        Map<String, ResourceClaim> claims = new LinkedHashMap<>();
        for (PodResourceClaim named : pod.pod().getSpec().getResourceClaims()) {
            boolean generated = named.getResourceClaimName() == null;
            if (generated && isNotNeeded(pod.pod(), named)) {
                continue;
            }
            String name = generated ? generatedName(pod.pod(), named).orElse(null) : named.getResourceClaimName();
            if (name == null) {
                return new Found.Missing("pod \"" + pod.key() + "\": ResourceClaim not created yet");
            }
            Optional<ResourceClaim> found = ledger.find(ObjectKey.of(pod.key().namespace(), name));
            if (found.isEmpty()) {
                return new Found.Missing("resourceclaim \"" + name + "\" not found");
            }
            ResourceClaim claim = found.get();
            if (claim.getMetadata().getDeletionTimestamp() != null) {
                return new Found.Missing("resourceclaim \"" + name + "\" is being deleted");
            }
            if (generated && !isMadeFor(pod, claim)) {
                return new Found.Missing("ResourceClaim " + Claims.name(claim) + " was not created for pod " + pod.key()
                        + " (pod is not owner)");
            }
            claims.putIfAbsent(Claims.uid(claim), claim);
        }
        return new Found.All(List.copyOf(claims.values()));
    }

    private static Optional<PodResourceClaimStatus> status(Pod pod, PodResourceClaim named) {
        return pod.getStatus() == null
                ? Optional.empty()
                : pod.getStatus().getResourceClaimStatuses().stream()
                        .filter(status -> named.getName().equals(status.getName()))
                        .findFirst();
    }

    /// The controller says so by naming no claim.
    private static boolean isNotNeeded(Pod pod, PodResourceClaim named) {
        return status(pod, named)
                .filter(status -> status.getResourceClaimName() == null)
                .isPresent();
    }

    private static Optional<String> generatedName(Pod pod, PodResourceClaim named) {
        return status(pod, named).map(PodResourceClaimStatus::getResourceClaimName);
    }

    private static boolean isMadeFor(PodInfo pod, ResourceClaim claim) {
        return claim.getMetadata().getOwnerReferences().stream()
                .anyMatch(owner ->
                        Boolean.TRUE.equals(owner.getController()) && pod.uid().equals(owner.getUid()));
    }
}
