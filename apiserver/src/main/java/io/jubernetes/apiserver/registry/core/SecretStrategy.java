package io.jubernetes.apiserver.registry.core;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Strategy;
import io.jubernetes.apiserver.resource.Table;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/// Secrets.
public final class SecretStrategy implements Strategy {
    private static final Table TABLE = Columns.named()
            .text("Type", secret -> secret.path("type").asText(""))
            .number("Data", secret -> (long) secret.path("data").size())
            .age();

    @Override
    public void applyDefaults(ObjectNode secret) {
        Meta.defaultTo(secret, "type", "Opaque");
        if (secret.remove("stringData") instanceof ObjectNode plain) {
            ObjectNode data = Meta.child(secret, "data");
            plain.properties()
                    .forEach(entry -> data.put(
                            entry.getKey(),
                            Base64.getEncoder()
                                    .encodeToString(entry.getValue().asText().getBytes(StandardCharsets.UTF_8))));
        }
    }

    @Override
    public List<Cause> validateUpdate(ObjectNode secret, ObjectNode old) {
        List<Cause> causes = new ArrayList<>();
        if (!secret.path("type").equals(old.path("type"))) {
            causes.add(Cause.invalid("type", secret.path("type").asText(), "field is immutable"));
        }
        if (old.path("immutable").asBoolean(false)) {
            if (!secret.path("immutable").asBoolean(false)) {
                causes.add(Cause.forbidden("immutable", "field is immutable when `immutable` is set"));
            }
            if (!secret.path("data").equals(old.path("data"))) {
                causes.add(Cause.forbidden("data", "field is immutable when `immutable` is set"));
            }
        }
        return causes;
    }

    @Override
    public Map<String, String> selectableFields(JsonNode secret) {
        return Map.of("type", secret.path("type").asText(""));
    }

    @Override
    public Table table() {
        return TABLE;
    }
}
