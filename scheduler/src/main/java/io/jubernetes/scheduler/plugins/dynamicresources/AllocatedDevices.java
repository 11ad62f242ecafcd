package io.jubernetes.scheduler.plugins.dynamicresources;

import io.fabric8.kubernetes.api.model.resource.v1.DeviceCounterConsumption;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceRequestAllocationResult;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.jubernetes.common.meta.Quantity;
import io.jubernetes.scheduler.plugins.dynamicresources.DevicePools.Pool;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/// What the allocated claims of the cluster have taken. Filled once for a pod, then only read.
final class AllocatedDevices {
    private final Set<DeviceId> whole = new HashSet<>();
    private final Map<DeviceId, Map<String, Quantity>> parts = new HashMap<>();
    private final Map<Pool, Map<String, Map<String, Quantity>>> counters = new HashMap<>();

    /// Counts the devices of a claim, if it is allocated. Access for administration takes nothing away from others.
    void add(ResourceClaim claim) {
        if (!Claims.isAllocated(claim)) {
            return;
        }
        for (DeviceRequestAllocationResult result :
                claim.getStatus().getAllocation().getDevices().getResults()) {
            if (Boolean.TRUE.equals(result.getAdminAccess())) {
                continue;
            }
            DeviceId id = DeviceId.of(result);
            if (result.getShareID() == null) {
                whole.add(id);
            } else {
                Map<String, Quantity> used = parts.computeIfAbsent(id, _ -> new HashMap<>());
                result.getConsumedCapacity()
                        .forEach((name, amount) -> used.merge(name, Amounts.of(amount), Quantity::plus));
            }
        }
    }

    /// Whether a claim has the device for itself.
    boolean isWhole(DeviceId id) {
        return whole.contains(id);
    }

    /// Whether claims share the device.
    boolean isShared(DeviceId id) {
        return parts.containsKey(id);
    }

    /// What claims that share a device have of its capacity.
    Quantity used(DeviceId id, String capacity) {
        return parts.getOrDefault(id, Map.of()).getOrDefault(capacity, Quantity.ZERO);
    }

    /// What is left of the counters that a pool's devices share, by counter set and counter.
    Map<String, Map<String, Quantity>> countersLeft(Pool pool) {
        return counters.computeIfAbsent(pool, this::count);
    }

    private Map<String, Map<String, Quantity>> count(Pool pool) {
        Map<String, Map<String, Quantity>> left = new HashMap<>();
        pool.counters().forEach((set, amounts) -> left.put(set, new HashMap<>(amounts)));
        for (OfferedDevice device : pool.devices()) {
            if (whole.contains(device.id()) || parts.containsKey(device.id())) {
                for (DeviceCounterConsumption use : device.device().getConsumesCounters()) {
                    Map<String, Quantity> of = left.getOrDefault(use.getCounterSet(), Map.of());
                    use.getCounters()
                            .forEach((name, counter) -> of.computeIfPresent(
                                    name, (_, there) -> there.minus(Amounts.of(counter.getValue()))));
                }
            }
        }
        return left;
    }
}
