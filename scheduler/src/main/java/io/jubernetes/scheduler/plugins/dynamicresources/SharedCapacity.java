package io.jubernetes.scheduler.plugins.dynamicresources;

import io.fabric8.kubernetes.api.model.resource.v1.CapacityRequestPolicy;
import io.fabric8.kubernetes.api.model.resource.v1.CapacityRequestPolicyRange;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceCapacity;
import io.jubernetes.common.meta.Quantity;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// What an allocation takes of a device's capacities. Of a device that can be shared it takes what the claim asks for,
/// made to fit the policy of the device.
final class SharedCapacity {
    private SharedCapacity() {}

    /// Whether a device that nobody uses would do.
    static boolean canEverServe(OfferedDevice device, Map<String, Quantity> asked) {
        if (!device.device().getCapacity().keySet().containsAll(asked.keySet())) {
            return false;
        }
        return device.device().getCapacity().entrySet().stream().allMatch(each -> {
            Quantity wanted = asked.get(each.getKey());
            Quantity all = Amounts.of(each.getValue().getValue());
            return device.isShareable()
                    ? taken(each.getValue(), wanted == null ? Optional.empty() : Optional.of(wanted))
                            .filter(amount -> amount.compareTo(all) <= 0)
                            .isPresent()
                    : wanted == null || wanted.compareTo(all) <= 0;
        });
    }

    /// What is taken of each capacity of a device that can be shared and that [#canEverServe].
    static Map<String, Quantity> taken(OfferedDevice device, Map<String, Quantity> asked) {
        var result = new HashMap<String, Quantity>();
        device.device()
                .getCapacity()
                .forEach((name, capacity) -> taken(capacity, Optional.ofNullable(asked.get(name)))
                        .ifPresent(amount -> result.put(name, amount)));
        return result;
    }

    /// @return empty when the policy allows no amount that is large enough
    private static Optional<Quantity> taken(DeviceCapacity capacity, Optional<Quantity> asked) {
        CapacityRequestPolicy policy = capacity.getRequestPolicy();
        if (asked.isEmpty()) {
            return Optional.of(Amounts.of(
                    policy == null || policy.getDefault() == null ? capacity.getValue() : policy.getDefault()));
        }
        if (policy == null || policy.getDefault() == null) {
            return asked;
        }
        if (policy.getValidRange() != null) {
            return inRange(asked.get(), policy.getValidRange());
        }
        if (policy.getValidValues().isEmpty()) {
            return asked;
        }
        return policy.getValidValues().stream()
                .map(Amounts::of)
                .filter(value -> value.compareTo(asked.get()) >= 0)
                .min(Quantity::compareTo);
    }

    private static Optional<Quantity> inRange(Quantity asked, CapacityRequestPolicyRange range) {
        Quantity min = range.getMin() == null ? Quantity.ZERO : Amounts.of(range.getMin());
        Quantity amount = asked.compareTo(min) < 0 ? min : asked;
        if (range.getStep() != null) {
            BigDecimal step = Amounts.of(range.getStep()).value();
            BigDecimal steps = amount.minus(min).value().divide(step, 0, RoundingMode.CEILING);
            amount = min.plus(Quantity.parse(steps.multiply(step).toPlainString()));
        }
        boolean tooMuch = range.getMax() != null && amount.compareTo(Amounts.of(range.getMax())) > 0;
        return tooMuch ? Optional.empty() : Optional.of(amount);
    }
}
