package io.jubernetes.apiserver.resource;

import org.jspecify.annotations.Nullable;

/// How an object shall be deleted.
///
/// @param gracePeriodSeconds null for the object's own
/// @param uid only the object with this uid; null for any
/// @param resourceVersion only the object at this version; null for any
/// @param propagation what happens to dependents; null when the request does not say
public record DeleteOptions(
        @Nullable Long gracePeriodSeconds,
        @Nullable String uid,
        @Nullable String resourceVersion,
        @Nullable Propagation propagation,
        boolean dryRun) {
    /// What happens to an object's dependents.
    public enum Propagation {
        ORPHAN,
        BACKGROUND,
        FOREGROUND
    }

    public static final DeleteOptions NOW = new DeleteOptions(0L, null, null, null, false);
}
