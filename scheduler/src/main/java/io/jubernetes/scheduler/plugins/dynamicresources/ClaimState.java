package io.jubernetes.scheduler.plugins.dynamicresources;

import io.fabric8.kubernetes.api.model.resource.v1.AllocationResult;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.jubernetes.scheduler.plugins.dynamicresources.DeviceSearch.Choice;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// What is known of one pod's claims during its scheduling cycle. Used by one thread at a time.
final class ClaimState {
    private final List<ResourceClaim> claims;

    /// Of the claims without an allocation.
    private final List<Demand> demands;

    private final DevicePools pools;
    private final AllocatedDevices allocated;

    /// By node what the search found.
    private final Map<String, List<List<Choice>>> plans = new HashMap<>();

    /// Claims whose devices are where some node is not.
    private final Set<ResourceClaim> elsewhere = new LinkedHashSet<>();

    private final Map<String, AllocationResult> decided = new HashMap<>();

    ClaimState(List<ResourceClaim> claims, List<Demand> demands, DevicePools pools, AllocatedDevices allocated) {
        this.claims = new ArrayList<>(claims);
        this.demands = demands;
        this.pools = pools;
        this.allocated = allocated;
    }

    List<ResourceClaim> claims() {
        return List.copyOf(claims);
    }

    List<Demand> demands() {
        return demands;
    }

    DevicePools pools() {
        return pools;
    }

    AllocatedDevices allocated() {
        return allocated;
    }

    /// Notes how the claims would be allocated on a node.
    void plan(String node, List<List<Choice>> byClaim) {
        plans.put(node, byClaim);
    }

    /// What was noted for a node; nothing when nothing is to be allocated.
    List<List<Choice>> plan(String node) {
        return plans.getOrDefault(node, List.of());
    }

    void isElsewhere(ResourceClaim claim) {
        elsewhere.add(claim);
    }

    Set<ResourceClaim> elsewhere() {
        return elsewhere;
    }

    void decide(ResourceClaim claim, AllocationResult allocation) {
        decided.put(Claims.uid(claim), allocation);
    }

    /// The allocation decided for a claim, if it had none.
    Optional<AllocationResult> decided(ResourceClaim claim) {
        return Optional.ofNullable(decided.get(Claims.uid(claim)));
    }

    /// Puts the claim as it is now in the place of what it was.
    void replace(ResourceClaim claim) {
        claims.replaceAll(there -> Claims.uid(there).equals(Claims.uid(claim)) ? claim : there);
    }
}
