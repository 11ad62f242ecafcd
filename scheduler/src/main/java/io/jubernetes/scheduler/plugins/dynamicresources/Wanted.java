package io.jubernetes.scheduler.plugins.dynamicresources;

import io.fabric8.kubernetes.api.model.resource.v1.CapacityRequirements;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClass;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceSelector;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceSubRequest;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceTaint;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceToleration;
import io.fabric8.kubernetes.api.model.resource.v1.ExactDeviceRequest;
import io.jubernetes.common.meta.Quantity;
import io.jubernetes.common.scheduling.DeviceTolerations;
import io.jubernetes.scheduler.plugins.dynamicresources.DeviceSelectors.SelectorException;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// What one request of a claim wants, or one of its alternatives. Remembers which devices do, for the answer is the
/// same on every node. Not thread-safe: the scheduling thread alone uses it.
final class Wanted {
    private final String claim;
    private final String request;
    private final @Nullable String alternative;
    private final DeviceClass deviceClass;
    private final ExactDeviceRequest spec;
    private final Map<String, Quantity> capacity = new HashMap<>();
    private final IdentityHashMap<OfferedDevice, Boolean> suits = new IdentityHashMap<>();

    private Wanted(
            String claim,
            String request,
            @Nullable String alternative,
            DeviceClass deviceClass,
            ExactDeviceRequest spec) {
        this.claim = claim;
        this.request = request;
        this.alternative = alternative;
        this.deviceClass = deviceClass;
        this.spec = spec;
        CapacityRequirements requirements = spec.getCapacity();
        if (requirements != null) {
            requirements.getRequests().forEach((name, amount) -> capacity.put(name, Amounts.of(amount)));
        }
    }

    /// @param claim as messages name it
    static Wanted of(String claim, String request, DeviceClass deviceClass, ExactDeviceRequest spec) {
        return new Wanted(claim, request, null, deviceClass, spec);
    }

    /// One of several that would do; it is a request in itself but for the access for administration.
    static Wanted alternative(String claim, String request, DeviceClass deviceClass, DeviceSubRequest spec) {
        var exactly = new ExactDeviceRequest(
                null,
                spec.getAllocationMode(),
                spec.getCapacity(),
                spec.getCount(),
                spec.getDeviceClassName(),
                spec.getSelectors(),
                spec.getTolerations());
        return new Wanted(claim, request, spec.getName(), deviceClass, exactly);
    }

    /// The name of the request, and behind a slash that of the alternative if it is one.
    String name() {
        return alternative == null ? request : request + "/" + alternative;
    }

    /// For messages.
    String described() {
        return "claim " + claim + ", request " + (alternative == null ? request : alternative);
    }

    /// Whether a list of request names means this one.
    boolean isNamedIn(List<String> names) {
        return names.contains(request) || names.contains(name());
    }

    DeviceClass deviceClass() {
        return deviceClass;
    }

    boolean isForAdministration() {
        return Boolean.TRUE.equals(spec.getAdminAccess());
    }

    List<DeviceToleration> tolerations() {
        return spec.getTolerations();
    }

    /// The least that is needed of a device's capacities.
    Map<String, Quantity> capacity() {
        return capacity;
    }

    /// Whether all devices that suit are wanted and not just a number.
    boolean wantsAll() {
        return "All".equals(spec.getAllocationMode());
    }

    /// How many devices are wanted, unless all are.
    ///
    /// @throws IllegalStateException when the way of counting is unknown
    int count() {
        String mode = Objects.requireNonNullElse(spec.getAllocationMode(), "ExactCount");
        if (!mode.equals("ExactCount")) {
            throw new IllegalStateException(described() + ": unsupported count mode " + mode);
        }
        long count = Objects.requireNonNullElse(spec.getCount(), 1L);
        if (count > Integer.MAX_VALUE) {
            throw new IllegalStateException(described() + ": exact count " + count + " is too large");
        }
        return (int) count;
    }

    /// Whether a device is of the kind that is wanted, be it free or not.
    ///
    /// @throws IllegalStateException when a selector fails: then the claim cannot be allocated anywhere
    boolean isSuitedBy(OfferedDevice device, DeviceSelectors selectors) {
        Boolean known = suits.get(device);
        if (known == null) {
            known = !isTainted(device)
                    && select(deviceClass.getSpec().getSelectors(), "class " + className(), device, selectors)
                    && select(spec.getSelectors(), "claim " + claim, device, selectors)
                    && SharedCapacity.canEverServe(device, capacity);
            suits.put(device, known);
        }
        return known;
    }

    private String className() {
        return deviceClass.getMetadata().getName();
    }

    private boolean isTainted(OfferedDevice device) {
        for (DeviceTaint taint : device.device().getTaints()) {
            boolean keepsAway = "NoSchedule".equals(taint.getEffect()) || "NoExecute".equals(taint.getEffect());
            if (keepsAway && !DeviceTolerations.tolerates(spec.getTolerations(), taint)) {
                return true;
            }
        }
        return false;
    }

    private static boolean select(
            List<DeviceSelector> all, String whose, OfferedDevice device, DeviceSelectors selectors) {
        for (int i = 0; i < all.size(); i++) {
            try {
                if (!selectors.matches(all.get(i).getCel().getExpression(), device.variables())) {
                    return false;
                }
            } catch (SelectorException e) {
                throw new IllegalStateException(whose + ": selector #" + i + ": " + e.getMessage(), e);
            }
        }
        return true;
    }
}
