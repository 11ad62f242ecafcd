package io.jubernetes.scheduler.plugins.dynamicresources;

import io.fabric8.kubernetes.api.model.resource.v1.DeviceCounterConsumption;
import io.jubernetes.common.meta.Quantity;
import io.jubernetes.scheduler.plugins.dynamicresources.DevicePools.Pool;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;

/// What is left for a search beside what others have and what the search has taken so far: devices, parts of devices
/// that can be shared, and the counters that the devices of a pool share.
final class DeviceStock {
    /// What the search has taken of one device.
    private static final class Use {
        private int times;
        private final Map<String, Quantity> taken = new HashMap<>();
    }

    private final AllocatedDevices allocated;
    private final Map<DeviceId, Use> uses = new HashMap<>();
    private final IdentityHashMap<Pool, Map<String, Map<String, Quantity>>> counters = new IdentityHashMap<>();

    DeviceStock(AllocatedDevices allocated) {
        this.allocated = allocated;
    }

    /// Whether a device can be had, or so much of it if it can be shared.
    boolean has(Pool pool, OfferedDevice device, Map<String, Quantity> wanted) {
        if (allocated.isWhole(device.id())) {
            return false;
        }
        Use use = uses.get(device.id());
        if (!device.isShareable()) {
            return use == null && hasCounters(pool, device);
        }
        return hasCapacity(device, use == null ? Map.of() : use.taken, wanted)
                && (use != null || hasCounters(pool, device));
    }

    private boolean hasCapacity(OfferedDevice device, Map<String, Quantity> taken, Map<String, Quantity> wanted) {
        return device.device().getCapacity().entrySet().stream().allMatch(capacity -> {
            String name = capacity.getKey();
            Quantity sum = allocated
                    .used(device.id(), name)
                    .plus(taken.getOrDefault(name, Quantity.ZERO))
                    .plus(wanted.getOrDefault(name, Quantity.ZERO));
            return sum.compareTo(Amounts.of(capacity.getValue().getValue())) <= 0;
        });
    }

    private boolean hasCounters(Pool pool, OfferedDevice device) {
        if (device.device().getConsumesCounters().isEmpty() || allocated.isShared(device.id())) {
            return true;
        }
        Map<String, Map<String, Quantity>> left = left(pool);
        for (DeviceCounterConsumption use : device.device().getConsumesCounters()) {
            Map<String, Quantity> of = left.getOrDefault(use.getCounterSet(), Map.of());
            for (var counter : use.getCounters().entrySet()) {
                Quantity there = of.getOrDefault(counter.getKey(), Quantity.ZERO);
                if (there.compareTo(Amounts.of(counter.getValue().getValue())) < 0) {
                    return false;
                }
            }
        }
        return true;
    }

    private Map<String, Map<String, Quantity>> left(Pool pool) {
        return counters.computeIfAbsent(pool, _ -> {
            Map<String, Map<String, Quantity>> copy = new HashMap<>();
            allocated.countersLeft(pool).forEach((set, amounts) -> copy.put(set, new HashMap<>(amounts)));
            return copy;
        });
    }

    /// Takes what [#has] said is there.
    void take(Pool pool, OfferedDevice device, Map<String, Quantity> wanted) {
        Use use = uses.computeIfAbsent(device.id(), _ -> new Use());
        use.times++;
        wanted.forEach((name, amount) -> use.taken.merge(name, amount, Quantity::plus));
        if (use.times == 1) {
            count(pool, device, -1);
        }
    }

    /// Undoes a [#take].
    void giveBack(Pool pool, OfferedDevice device, Map<String, Quantity> wanted) {
        uses.computeIfPresent(device.id(), (_, use) -> {
            use.times--;
            wanted.forEach((name, amount) -> use.taken.computeIfPresent(name, (_, there) -> there.minus(amount)));
            if (use.times > 0) {
                return use;
            }
            count(pool, device, 1);
            return null;
        });
    }

    private void count(Pool pool, OfferedDevice device, int sign) {
        // A device that others share already was counted for them.
        if (device.device().getConsumesCounters().isEmpty() || allocated.isShared(device.id())) {
            return;
        }
        Map<String, Map<String, Quantity>> left = left(pool);
        for (DeviceCounterConsumption use : device.device().getConsumesCounters()) {
            Map<String, Quantity> of = left.getOrDefault(use.getCounterSet(), Map.of());
            use.getCounters().forEach((name, counter) -> {
                Quantity amount = Amounts.of(counter.getValue());
                of.computeIfPresent(name, (_, there) -> sign < 0 ? there.minus(amount) : there.plus(amount));
            });
        }
    }
}
