package io.jubernetes.scheduler.plugins.dynamicresources;

import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimConsumerReference;
import io.jubernetes.common.meta.ObjectKey;
import java.util.List;

/// Reads claims.
final class Claims {
    private static final int MAX_CONSUMERS = 256;

    private Claims() {}

    static boolean isAllocated(ResourceClaim claim) {
        return claim.getStatus() != null && claim.getStatus().getAllocation() != null;
    }

    static List<ResourceClaimConsumerReference> consumers(ResourceClaim claim) {
        return claim.getStatus() == null ? List.of() : claim.getStatus().getReservedFor();
    }

    static boolean isReservedFor(ResourceClaim claim, String podUid) {
        return consumers(claim).stream().anyMatch(consumer -> podUid.equals(consumer.getUid()));
    }

    /// Whether one more pod may have it.
    static boolean hasRoom(ResourceClaim claim) {
        return consumers(claim).size() < MAX_CONSUMERS;
    }

    /// For messages.
    static String name(ResourceClaim claim) {
        return ObjectKey.of(claim).toString();
    }

    static String uid(ResourceClaim claim) {
        return claim.getMetadata().getUid();
    }
}
