package io.jubernetes.apiserver.registry;

import java.util.Map;
import java.util.Optional;

/// Labels of nodes that have got other names.
public final class DeprecatedLabels {
    private static final Map<String, String> MESSAGES = Map.of(
            "beta.kubernetes.io/arch", "deprecated since v1.14; use \"kubernetes.io/arch\" instead",
            "beta.kubernetes.io/os", "deprecated since v1.14; use \"kubernetes.io/os\" instead",
            "failure-domain.beta.kubernetes.io/region",
                    "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead",
            "failure-domain.beta.kubernetes.io/zone",
                    "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead",
            "beta.kubernetes.io/instance-type",
                    "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead");

    private DeprecatedLabels() {}

    /// What to say about a label's use; empty when it is not deprecated.
    public static Optional<String> message(String key) {
        return Optional.ofNullable(MESSAGES.get(key)).map(message -> key + " is " + message);
    }
}
