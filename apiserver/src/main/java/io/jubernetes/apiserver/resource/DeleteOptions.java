package io.jubernetes.apiserver.resource;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.common.codec.Json;
import java.util.Locale;
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

    /// The options as an object of their own, such as webhooks are shown.
    ObjectNode tree() {
        ObjectNode tree = Json.object().put("kind", "DeleteOptions").put("apiVersion", "meta.k8s.io/v1");
        if (gracePeriodSeconds != null) {
            tree.put("gracePeriodSeconds", gracePeriodSeconds);
        }
        if (uid != null || resourceVersion != null) {
            ObjectNode preconditions = tree.putObject("preconditions");
            if (uid != null) {
                preconditions.put("uid", uid);
            }
            if (resourceVersion != null) {
                preconditions.put("resourceVersion", resourceVersion);
            }
        }
        if (propagation != null) {
            String name = propagation.name();
            tree.put("propagationPolicy", name.charAt(0) + name.substring(1).toLowerCase(Locale.ROOT));
        }
        if (dryRun) {
            tree.putArray("dryRun").add("All");
        }
        return tree;
    }
}
