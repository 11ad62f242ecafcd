package io.jubernetes.scheduler.plugins.dynamicresources;

import io.jubernetes.common.meta.Quantity;

/// Reads the API's amounts.
final class Amounts {
    private Amounts() {}

    /// The exact amount; nothing when it cannot be read, which the API server does not let happen.
    static Quantity of(io.fabric8.kubernetes.api.model.Quantity amount) {
        return Quantity.tryParse(amount.toString()).orElse(Quantity.ZERO);
    }

    static io.fabric8.kubernetes.api.model.Quantity api(Quantity amount) {
        return new io.fabric8.kubernetes.api.model.Quantity(amount.toString());
    }
}
