package io.jubernetes.apiserver.resource;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.common.codec.Json;
import java.util.Locale;

/// What a write's query parameters say.
///
/// @param dryRun everything but the storing is done
/// @param fieldManager who owns the written fields
/// @param fieldValidation what happens to unknown and duplicate fields
/// @param applied whether this is a server-side apply, whose result comes with its managed fields
public record WriteOptions(boolean dryRun, String fieldManager, FieldValidation fieldValidation, boolean applied) {
    public WriteOptions(boolean dryRun, String fieldManager, FieldValidation fieldValidation) {
        this(dryRun, fieldManager, fieldValidation, false);
    }

    /// The same options for a server-side apply.
    public WriteOptions forApply() {
        return new WriteOptions(dryRun, fieldManager, fieldValidation, true);
    }

    /// The options as an object of their own, such as webhooks are shown.
    ///
    /// @param kind such as `CreateOptions`
    /// @param userAgent whose name stands for the manager when the request names none
    ObjectNode tree(String kind, String userAgent) {
        ObjectNode tree = Json.object().put("kind", kind).put("apiVersion", "meta.k8s.io/v1");
        if (dryRun) {
            tree.putArray("dryRun").add("All");
        }
        if (!userAgent.startsWith(fieldManager) && !fieldManager.equals("unknown")) {
            tree.put("fieldManager", fieldManager);
        }
        if (fieldValidation != FieldValidation.WARN) {
            String name = fieldValidation.name();
            tree.put("fieldValidation", name.charAt(0) + name.substring(1).toLowerCase(Locale.ROOT));
        }
        return tree;
    }

    /// What happens to unknown and duplicate fields: they are dropped silently, with a warning, or
    /// refuse the request.
    public enum FieldValidation {
        IGNORE,
        WARN,
        STRICT
    }
}
