package io.jubernetes.apiserver.resource;

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

    /// What happens to unknown and duplicate fields: they are dropped silently, with a warning, or refuse the request.
    public enum FieldValidation {
        IGNORE,
        WARN,
        STRICT
    }
}
