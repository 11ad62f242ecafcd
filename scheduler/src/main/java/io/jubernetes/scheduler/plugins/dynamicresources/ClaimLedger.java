package io.jubernetes.scheduler.plugins.dynamicresources;

import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.jubernetes.common.controller.Lister;
import io.jubernetes.common.meta.ObjectKey;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// The claims as they are by all that the scheduler knows: the watch is behind what the scheduler has just written,
/// and knows nothing of what it has decided and is about to write. The plugins of all profiles share one ledger.
/// Thread-safe.
final class ClaimLedger {
    private final Lister<ResourceClaim> claims;

    /// By UID the claims whose allocation is decided and not written yet, with that allocation.
    private final Map<String, ResourceClaim> decided = new ConcurrentHashMap<>();

    /// By UID the claims as the API server answered, until the watch shows them so.
    private final Map<String, ResourceClaim> written = new ConcurrentHashMap<>();

    ClaimLedger(Lister<ResourceClaim> claims) {
        this.claims = claims;
    }

    Optional<ResourceClaim> find(ObjectKey key) {
        return claims.find(key).map(this::newest);
    }

    private ResourceClaim newest(ResourceClaim shown) {
        ResourceClaim ours = written.get(Claims.uid(shown));
        if (ours == null) {
            return shown;
        }
        if (version(ours) > version(shown)) {
            return ours;
        }
        written.remove(Claims.uid(shown), ours);
        return shown;
    }

    private static long version(ResourceClaim claim) {
        String text = claim.getMetadata().getResourceVersion();
        return text == null ? 0 : Long.parseLong(text);
    }

    /// Whether an allocation is decided and not written yet.
    boolean isBeingAllocated(ResourceClaim claim) {
        return decided.containsKey(Claims.uid(claim));
    }

    /// An allocation was decided.
    ///
    /// @param allocated the claim with it
    void decide(ResourceClaim allocated) {
        decided.put(Claims.uid(allocated), allocated);
    }

    /// What was decided for the claim is not to be.
    void giveUp(ResourceClaim claim) {
        decided.remove(Claims.uid(claim));
    }

    /// The API server has taken a change.
    void wrote(ResourceClaim answer) {
        written.put(Claims.uid(answer), answer);
        decided.remove(Claims.uid(answer));
    }

    /// What is given away at this moment.
    AllocatedDevices allocated() {
        var allocated = new AllocatedDevices();
        Set<String> there = new HashSet<>();
        for (ResourceClaim shown : claims.all()) {
            there.add(Claims.uid(shown));
            ResourceClaim ours = decided.get(Claims.uid(shown));
            allocated.add(ours == null ? newest(shown) : ours);
        }
        // Claims that were deleted before the watch showed what was written.
        written.keySet().retainAll(there);
        return allocated;
    }
}
