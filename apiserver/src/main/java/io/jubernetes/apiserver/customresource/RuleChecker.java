package io.jubernetes.apiserver.customresource;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The validation rules of one schema. Thread-safe.
interface RuleChecker {
    /// No rules.
    RuleChecker NONE = new RuleChecker() {
        @Override
        public List<Cause> validate(JsonNode object, @Nullable JsonNode old) {
            return List.of();
        }

        @Override
        public boolean isEmpty() {
            return true;
        }
    };

    /// The rules of the schema of whole objects.
    static RuleChecker ofResource(Structural schema) {
        return CompiledRules.of(schema, true);
    }

    /// The rules of a part of a schema.
    static RuleChecker of(Structural schema) {
        return CompiledRules.of(schema, schema.isEmbedded());
    }

    /// Everything the rules find wrong.
    ///
    /// @param old what the object takes the place of; null when it is new
    List<Cause> validate(JsonNode object, @Nullable JsonNode old);

    default boolean isEmpty() {
        return false;
    }
}
