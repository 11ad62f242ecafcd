package io.jubernetes.scheduler.plugins.dynamicresources;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.common.codec.GoDuration;
import java.time.Duration;
import picocli.CommandLine.TypeConversionException;

/// The plugin's arguments.
///
/// @param filterTimeout how long devices may be looked for on one node; zero for as long as it takes
/// @param bindingTimeout how long a claim's devices may take to become ready
record DynamicResourcesArgs(Duration filterTimeout, Duration bindingTimeout) {
    /// @throws IllegalArgumentException when they make no sense
    static DynamicResourcesArgs of(JsonNode args) {
        Duration filter = duration(args, "filterTimeout", "10s");
        Duration binding = duration(args, "bindingTimeout", "600s");
        if (filter.isNegative()) {
            throw new IllegalArgumentException("filterTimeout: must be zero or positive");
        }
        if (binding.compareTo(Duration.ofSeconds(1)) < 0) {
            throw new IllegalArgumentException("bindingTimeout: must be at least 1 second");
        }
        return new DynamicResourcesArgs(filter, binding);
    }

    private static Duration duration(JsonNode args, String field, String otherwise) {
        try {
            return GoDuration.parse(args.path(field).asText(otherwise));
        } catch (TypeConversionException e) {
            throw new IllegalArgumentException(field + ": " + e.getMessage(), e);
        }
    }
}
