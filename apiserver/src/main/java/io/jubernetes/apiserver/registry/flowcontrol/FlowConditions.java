package io.jubernetes.apiserver.registry.flowcontrol;

import io.jubernetes.apiserver.validation.Field;
import java.util.HashSet;
import java.util.Set;

/// The conditions in the status of flow schemas and priority levels.
final class FlowConditions {
    private FlowConditions() {}

    /// Reports conditions without a type or with the same one.
    static void check(Field status) {
        Set<String> types = new HashSet<>();
        for (Field condition : status.get("conditions").items()) {
            Field type = condition.get("type");
            if (!types.add(type.text())) {
                type.duplicate();
            }
            if (type.isEmpty()) {
                type.required("must not be empty");
            }
        }
    }
}
