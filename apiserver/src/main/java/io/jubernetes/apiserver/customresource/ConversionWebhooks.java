package io.jubernetes.apiserver.customresource;

import com.fasterxml.jackson.databind.JsonNode;

/// Makes the converters of definitions. Thread-safe.
public final class ConversionWebhooks {
    Converter converter(JsonNode definition) {
        JsonNode conversion = definition.path("spec").path("conversion");
        if (!conversion.path("strategy").asText("None").equals("Webhook")) {
            return Converter.RELABEL;
        }
        return (objects, apiVersion) -> {
            throw io.jubernetes.apiserver.resource.ApiException.plain(
                    500,
                    "conversion webhook for "
                            + definition.path("spec").path("group").asText() + " failed");
        };
    }
}
