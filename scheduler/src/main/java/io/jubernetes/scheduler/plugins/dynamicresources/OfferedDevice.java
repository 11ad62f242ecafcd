package io.jubernetes.scheduler.plugins.dynamicresources;

import io.fabric8.kubernetes.api.model.resource.v1.Device;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceAttribute;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
import io.jubernetes.common.cel.CelValues;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A device of a slice. Not thread-safe: the scheduling thread alone uses it.
final class OfferedDevice {
    private final DeviceId id;
    private final Device device;
    private final ResourceSlice slice;
    private @Nullable Map<String, Object> variables;

    OfferedDevice(ResourceSlice slice, Device device) {
        this.id = new DeviceId(
                slice.getSpec().getDriver(), slice.getSpec().getPool().getName(), device.getName());
        this.slice = slice;
        this.device = device;
    }

    DeviceId id() {
        return id;
    }

    Device device() {
        return device;
    }

    ResourceSlice slice() {
        return slice;
    }

    /// Whether several claims can have it at a time, each a part of its capacity.
    boolean isShareable() {
        return Boolean.TRUE.equals(device.getAllowMultipleAllocations());
    }

    /// Whether something has to happen between allocation and binding.
    boolean hasBindingConditions() {
        return !device.getBindingConditions().isEmpty();
    }

    /// An attribute by its name with the domain, `example.com/model`; the driver's own may be without.
    Optional<DeviceAttribute> attribute(String qualifiedName) {
        DeviceAttribute there = device.getAttributes().get(qualifiedName);
        String own = id.driver() + "/";
        if (there == null && qualifiedName.startsWith(own)) {
            there = device.getAttributes().get(qualifiedName.substring(own.length()));
        }
        return Optional.ofNullable(there);
    }

    /// What selectors know as `device`.
    ///
    /// @throws IllegalStateException when an attribute cannot be read
    Map<String, Object> variables() {
        Map<String, Object> known = variables;
        if (known == null) {
            var attributes = new ByDomain();
            device.getAttributes().forEach((name, attribute) -> attributes.put(id, name, value(name, attribute)));
            var capacity = new ByDomain();
            device.getCapacity()
                    .forEach((name, amount) ->
                            capacity.put(id, name, CelValues.quantity(Amounts.of(amount.getValue()))));
            known = Map.of(
                    "driver",
                    id.driver(),
                    "attributes",
                    attributes,
                    "capacity",
                    capacity,
                    "allowMultipleAllocations",
                    isShareable());
            variables = known;
        }
        return known;
    }

    private static Object value(String name, DeviceAttribute attribute) {
        if (attribute.getInt() != null) {
            return attribute.getInt();
        }
        if (attribute.getBool() != null) {
            return attribute.getBool();
        }
        if (attribute.getString() != null) {
            return attribute.getString();
        }
        if (attribute.getVersion() != null) {
            return version(name, attribute.getVersion());
        }
        if (!attribute.getVersions().isEmpty()) {
            return attribute.getVersions().stream()
                    .map(each -> version(name, each))
                    .toList();
        }
        return Optional.<List<?>>of(attribute.getInts())
                .filter(list -> !list.isEmpty())
                .or(() -> Optional.of(attribute.getBools()))
                .filter(list -> !list.isEmpty())
                .or(() -> Optional.of(attribute.getStrings()))
                .filter(list -> !list.isEmpty())
                .orElseThrow(() -> new IllegalStateException("attribute " + name + ": unsupported attribute value"));
    }

    private static Object version(String name, String text) {
        return CelValues.version(text)
                .orElseThrow(() -> new IllegalStateException(
                        "attribute " + name + ": parse semantic version: No Major.Minor.Patch elements found"));
    }

    /// Values by name within a domain. A domain that a device knows nothing of is an empty one.
    private static final class ByDomain extends HashMap<String, Map<String, Object>> {
        private static final long serialVersionUID = 1;

        void put(DeviceId id, String name, Object value) {
            int slash = name.indexOf('/');
            String domain = slash < 0 ? id.driver() : name.substring(0, slash);
            computeIfAbsent(domain, _ -> new HashMap<>()).put(name.substring(slash + 1), value);
        }

        @Override
        public Map<String, Object> get(@Nullable Object domain) {
            return getOrDefault(domain, Map.of());
        }
    }
}
