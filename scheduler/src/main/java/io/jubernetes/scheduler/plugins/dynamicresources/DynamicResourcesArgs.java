package io.jubernetes.scheduler.plugins.dynamicresources;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.common.codec.GoDuration;
import java.time.Duration;

/// The plugin's arguments.
///
/// @param filterTimeout how long devices may be looked for on one node; zero for as long as it takes
/// @param bindingTimeout how long a claim's devices may take to become ready
record DynamicResourcesArgs(Duration filterTimeout, Duration bindingTimeout) {
    static DynamicResourcesArgs of(JsonNode args) {
        return new DynamicResourcesArgs(
                GoDuration.parse(args.path("filterTimeout").asText("10s")),
                GoDuration.parse(args.path("bindingTimeout").asText("600s")));
    }
}
