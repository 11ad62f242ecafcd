package io.jubernetes.apiserver.registry.core;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.Strategy;
import io.jubernetes.apiserver.resource.Table;

/// How components of the control plane are. Nothing of it is stored, so there is only something to show.
public final class ComponentStatusStrategy implements Strategy {
    private static final Table TABLE = Columns.named()
            .text("Status", status -> switch (healthy(status).path("status").asText("")) {
                case "True" -> "Healthy";
                case "False" -> "Unhealthy";
                default -> "Unknown";
            })
            .text("Message", status -> healthy(status).path("message").asText(""))
            .text("Error", status -> healthy(status).path("error").asText(""));

    @Override
    public Table table() {
        return TABLE;
    }

    private static JsonNode healthy(JsonNode status) {
        for (JsonNode condition : status.path("conditions")) {
            if (condition.path("type").asText("").equals("Healthy")) {
                return condition;
            }
        }
        return status.path("none");
    }
}
