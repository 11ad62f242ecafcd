package io.jubernetes.apiserver.registry.networking;

import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.common.meta.NameRules;

/// References to an object of any kind, as ingresses and their classes hold them.
final class ParameterRules {
    private ParameterRules() {}

    static void check(Field reference) {
        if (reference.get("apiGroup").isSet()) {
            reference.get("apiGroup").requireForm(NameRules::subdomain);
        }
        checkSegment(reference.get("kind"), "kind is required");
        checkSegment(reference.get("name"), "name is required");
    }

    private static void checkSegment(Field segment, String missing) {
        if (segment.isEmpty()) {
            segment.required(missing);
        } else {
            segment.requireForm(NameRules::pathSegment);
        }
    }
}
