package io.jubernetes.common.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import org.jspecify.annotations.Nullable;

/// Resource versions as numbers: within one API server's objects a later write has the greater one.
public final class Revisions {
    private Revisions() {}

    /// The number, or 0 when there is none.
    public static long parse(@Nullable String resourceVersion) {
        if (resourceVersion == null || resourceVersion.isEmpty()) {
            return 0;
        }
        try {
            return Long.parseLong(resourceVersion);
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    public static long of(HasMetadata object) {
        return parse(object.getMetadata().getResourceVersion());
    }
}
