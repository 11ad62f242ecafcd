package io.jubernetes.apiserver.resource;

/// What a write's query parameters say.
///
/// @param dryRun everything but the storing is done
/// @param fieldManager who owns the written fields
/// @param fieldValidation what happens to unknown and duplicate fields
public record WriteOptions(boolean dryRun, String fieldManager, FieldValidation fieldValidation) {
    /// What happens to unknown and duplicate fields: they are dropped silently, with a warning, or refuse the request.
    public enum FieldValidation {
        IGNORE,
        WARN,
        STRICT
    }
}
