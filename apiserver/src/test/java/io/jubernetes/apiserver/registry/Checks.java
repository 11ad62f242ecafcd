package io.jubernetes.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.BuiltinResources;
import io.jubernetes.apiserver.resource.Strategy;
import io.jubernetes.apiserver.schema.DecodeException;
import io.jubernetes.apiserver.schema.TypedDecoder;
import io.jubernetes.common.codec.Yaml;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// Reads objects from YAML as the server does and asks a strategy about them; for tables of rules.
public final class Checks {
    private Checks() {}

    /// An object as decoded and defaulted by the server.
    public static ObjectNode object(Strategy strategy, String apiVersion, String kind, String yaml) {
        try {
            ObjectNode tree = (ObjectNode) Yaml.read(yaml.getBytes(StandardCharsets.UTF_8));
            ObjectNode decoded = new TypedDecoder().decode(BuiltinResources.schemaOf(apiVersion, kind), tree);
            decoded.put("apiVersion", apiVersion).put("kind", kind);
            strategy.applyDefaults(decoded);
            return decoded;
        } catch (IOException | DecodeException e) {
            throw new IllegalArgumentException(yaml, e);
        }
    }

    /// Causes as the API's message lists them.
    public static List<String> shown(List<Cause> causes) {
        return causes.stream()
                .map(cause -> cause.field() + ": " + cause.message())
                .toList();
    }
}
