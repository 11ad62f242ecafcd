package io.jubernetes.scheduler.plugins.dynamicresources;

import io.fabric8.kubernetes.api.model.NodeSelector;
import io.fabric8.kubernetes.api.model.resource.v1.Device;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSliceSpec;
import io.jubernetes.common.meta.Quantity;
import io.jubernetes.common.scheduling.NodeSelectors;
import io.jubernetes.scheduler.framework.NodeInfo;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// All devices that drivers offer, by pool, as the slices say at one time. Of each pool only the newest generation
/// counts.
final class DevicePools {
    /// A driver's devices that belong together. They are in one or more slices, which a driver replaces one by one.
    ///
    /// @param isIncomplete whether slices of the newest generation are still to come
    /// @param isInvalid whether the driver made a mistake, such as two devices of one name
    /// @param devices all of them, wherever they can be used
    /// @param counters what the devices share, by counter set and counter
    record Pool(
            String driver,
            String name,
            boolean isIncomplete,
            boolean isInvalid,
            List<OfferedDevice> devices,
            Map<String, Map<String, Quantity>> counters) {
        @Override
        public String toString() {
            return driver + "/" + name;
        }

        private boolean hasBindingConditions() {
            return devices.stream().anyMatch(OfferedDevice::hasBindingConditions);
        }
    }

    /// A pool's devices that can be used on a node.
    record OnNode(Pool pool, List<OfferedDevice> devices) {}

    private record Key(String driver, String name) {}

    /// A device that can be used on more than one node.
    private record Wide(int pool, OfferedDevice device, Predicate<NodeInfo> reaches) {}

    /// Devices that need nothing to be done before the pod is bound come first, and else the order is by name.
    private static final Comparator<Pool> ORDER = Comparator.comparing(Pool::hasBindingConditions)
            .thenComparing(Pool::driver)
            .thenComparing(Pool::name);

    private final List<Pool> pools;
    private final Map<String, Map<Integer, List<OfferedDevice>>> byNode = new HashMap<>();
    private final List<Wide> wide = new ArrayList<>();

    private DevicePools(List<Pool> pools) {
        this.pools = pools;
        for (int number = 0; number < pools.size(); number++) {
            for (OfferedDevice device : pools.get(number).devices) {
                index(number, device);
            }
        }
    }

    static DevicePools of(Collection<ResourceSlice> slices) {
        Map<Key, List<ResourceSlice>> newest = new HashMap<>();
        for (ResourceSlice slice : slices) {
            ResourceSliceSpec spec = slice.getSpec();
            List<ResourceSlice> there = newest.computeIfAbsent(
                    new Key(spec.getDriver(), spec.getPool().getName()), _ -> new ArrayList<>());
            if (!there.isEmpty() && generation(there.getFirst()) < generation(slice)) {
                there.clear();
            }
            if (there.isEmpty() || generation(there.getFirst()) == generation(slice)) {
                there.add(slice);
            }
        }
        return new DevicePools(
                newest.values().stream().map(DevicePools::pool).sorted(ORDER).toList());
    }

    private static long generation(ResourceSlice slice) {
        return Objects.requireNonNullElse(slice.getSpec().getPool().getGeneration(), 0L);
    }

    private static Pool pool(List<ResourceSlice> slices) {
        slices.sort(Comparator.comparing(slice -> slice.getMetadata().getName()));
        ResourceSliceSpec any = slices.getFirst().getSpec();
        var devices = new ArrayList<OfferedDevice>();
        var names = new HashSet<String>();
        Map<String, Map<String, Quantity>> counters = new HashMap<>();
        boolean invalid = false;
        for (ResourceSlice slice : slices) {
            for (var set : slice.getSpec().getSharedCounters()) {
                var amounts = new HashMap<String, Quantity>();
                set.getCounters().forEach((name, counter) -> amounts.put(name, Amounts.of(counter.getValue())));
                invalid |= counters.put(set.getName(), amounts) != null;
            }
            for (Device device : slice.getSpec().getDevices()) {
                devices.add(new OfferedDevice(slice, device));
                invalid |= !names.add(device.getName());
            }
        }
        boolean incomplete =
                slices.size() != Objects.requireNonNullElse(any.getPool().getResourceSliceCount(), 1L);
        // The counters may be in a slice that is still to come.
        invalid |= !incomplete && devices.stream().anyMatch(device -> usesUnknownCounters(device, counters));
        return new Pool(any.getDriver(), any.getPool().getName(), incomplete, invalid, List.copyOf(devices), counters);
    }

    private static boolean usesUnknownCounters(OfferedDevice device, Map<String, Map<String, Quantity>> counters) {
        return device.device().getConsumesCounters().stream()
                .anyMatch(use -> !counters.getOrDefault(use.getCounterSet(), Map.of())
                        .keySet()
                        .containsAll(use.getCounters().keySet()));
    }

    private void index(int pool, OfferedDevice device) {
        ResourceSliceSpec slice = device.slice().getSpec();
        boolean perDevice = Boolean.TRUE.equals(slice.getPerDeviceNodeSelection());
        String node = perDevice ? device.device().getNodeName() : slice.getNodeName();
        if (node != null && !node.isEmpty()) {
            byNode.computeIfAbsent(node, _ -> new TreeMap<>())
                    .computeIfAbsent(pool, _ -> new ArrayList<>())
                    .add(device);
            return;
        }
        NodeSelector selector = selector(device);
        if (selector != null) {
            wide.add(new Wide(pool, device, info -> NodeSelectors.matches(selector, info.name(), info.labels())));
        } else if (Boolean.TRUE.equals(perDevice ? device.device().getAllNodes() : slice.getAllNodes())) {
            wide.add(new Wide(pool, device, _ -> true));
        }
    }

    /// The nodes on which a device can be used, when labels say that; null when its node is named, or all do.
    static @Nullable NodeSelector selector(OfferedDevice device) {
        ResourceSliceSpec slice = device.slice().getSpec();
        return Boolean.TRUE.equals(slice.getPerDeviceNodeSelection())
                ? device.device().getNodeSelector()
                : slice.getNodeSelector();
    }

    /// The pools with devices that can be used on a node, and these devices, always in the same order.
    List<OnNode> on(NodeInfo node) {
        Map<Integer, List<OfferedDevice>> found = byNode.getOrDefault(node.name(), Map.of());
        if (!wide.isEmpty()) {
            Map<Integer, List<OfferedDevice>> all = new TreeMap<>();
            found.forEach((pool, devices) -> all.put(pool, new ArrayList<>(devices)));
            for (Wide each : wide) {
                if (each.reaches.test(node)) {
                    all.computeIfAbsent(each.pool, _ -> new ArrayList<>()).add(each.device);
                }
            }
            found = all;
        }
        return found.entrySet().stream()
                .map(entry -> new OnNode(pools.get(entry.getKey()), entry.getValue()))
                .toList();
    }
}
