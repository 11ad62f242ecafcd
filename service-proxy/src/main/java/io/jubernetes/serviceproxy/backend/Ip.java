package io.jubernetes.serviceproxy.backend;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.common.codec.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Asks and tells the kernel by the `ip` program. Thread-safe.
public record Ip(Command command) {
    /// Changes something.
    ///
    /// @throws BackendException when the kernel refuses
    public void run(String... words) throws BackendException, InterruptedException {
        Command.Result result = command.run(line(List.of(), words), "");
        if (!result.ok()) {
            throw new BackendException("ip " + String.join(" ", words) + ": " + result.complaint());
        }
    }

    /// What the kernel answers; empty when it refuses, for instance because there is no such thing.
    public Optional<JsonNode> ask(String... words) throws BackendException, InterruptedException {
        Command.Result result = command.run(line(List.of("-j"), words), "");
        if (!result.ok()) {
            return Optional.empty();
        }
        try {
            return Optional.of(Json.MAPPER.readTree(result.out().isBlank() ? "[]" : result.out()));
        } catch (IOException e) {
            throw new BackendException("ip " + String.join(" ", words) + ": cannot read its answer", e);
        }
    }

    /// All interfaces with their addresses.
    public JsonNode addresses() throws BackendException, InterruptedException {
        return ask("address", "show").orElseThrow(() -> new BackendException("ip address show: failed"));
    }

    /// The interface whose link holds an address; empty when a router leads there, nothing does, or it is our own.
    public Optional<String> linkOf(String address) throws BackendException, InterruptedException {
        return ask("route", "get", address)
                .map(routes -> routes.path(0))
                .filter(route -> !route.has("gateway") && !route.has("type"))
                .map(route -> route.path("dev").asText())
                .filter(device -> !device.isEmpty());
    }

    private static List<String> line(List<String> flags, String... words) {
        var line = new ArrayList<>(List.of("ip"));
        line.addAll(flags);
        line.addAll(List.of(words));
        return line;
    }
}
