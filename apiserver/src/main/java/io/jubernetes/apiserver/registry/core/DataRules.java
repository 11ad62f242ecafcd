package io.jubernetes.apiserver.registry.core;

import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.common.meta.NameRules;
import java.nio.charset.StandardCharsets;

/// What ConfigMaps and Secrets have in common: named data of bounded size, which may be frozen.
final class DataRules {
    static final int MAX_BYTES = 1 << 20;
    private static final String FROZEN = "field is immutable when `immutable` is set";

    private DataRules() {}

    /// Reports a key that cannot be the name of a file.
    static void checkKey(Field entry, String key) {
        NameRules.configKey(key).forEach(problem -> entry.invalid(key, problem));
    }

    static long utf8Length(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }

    /// How many bytes a text in base64 stands for.
    static long decodedLength(String base64) {
        int padding = base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0;
        return base64.length() / 4 * 3L - padding;
    }

    static void checkFrozen(Field object, Field old, String... data) {
        if (!old.get("immutable").isTrue()) {
            return;
        }
        if (!object.get("immutable").isTrue()) {
            object.get("immutable").forbidden(FROZEN);
        }
        for (String field : data) {
            if (!Meta.same(object.get(field).value(), old.get(field).value())) {
                object.report(Cause.forbidden(field, FROZEN));
            }
        }
    }
}
