package io.jubernetes.apiserver.registry.storage;

import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.common.meta.NameRules;
import java.util.Locale;

/// Names of CSI drivers and the parameters given to them.
public final class DriverRules {
    private static final int MAX_NAME = 63;
    private static final int MAX_PARAMETERS = 512;
    private static final int MAX_PARAMETERS_BYTES = 256 << 10;

    private DriverRules() {}

    /// Reports a name that no driver can have.
    public static void checkName(Field name) {
        if (!name.requireValue()) {
            return;
        }
        if (name.text().length() > MAX_NAME) {
            name.tooLong(MAX_NAME);
        }
        name.invalid(NameRules.subdomain(name.text().toLowerCase(Locale.ROOT)));
    }

    static void checkParameters(Field parameters, boolean mayBeEmpty) {
        var entries = parameters.entries();
        if (entries.isEmpty() && !mayBeEmpty) {
            parameters.required("must contain at least one key/value pair");
        }
        if (entries.size() > MAX_PARAMETERS) {
            parameters.tooLong(MAX_PARAMETERS);
            return;
        }
        long size = 0;
        for (var entry : entries.entrySet()) {
            if (entry.getKey().isEmpty()) {
                parameters.invalid("", "field can not be empty.");
            }
            size += entry.getKey().length() + entry.getValue().text().length();
        }
        if (size > MAX_PARAMETERS_BYTES) {
            parameters.tooLong(MAX_PARAMETERS_BYTES);
        }
    }
}
