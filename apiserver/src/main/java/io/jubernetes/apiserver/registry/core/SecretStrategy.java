package io.jubernetes.apiserver.registry.core;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.CheckedStrategy;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/// Secrets.
public final class SecretStrategy extends CheckedStrategy {
    private static final String ACCOUNT = "kubernetes.io/service-account.name";
    private static final String REDACTED = "<secret contents redacted>";
    private static final Table TABLE = Columns.named()
            .text("Type", secret -> secret.path("type").asText(""))
            .text("Data", secret -> (long) secret.path("data").size())
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
    protected void check(Field secret) {
        Field data = secret.get("data");
        long size = 0;
        for (var entry : data.entries().entrySet()) {
            DataRules.checkKey(entry.getValue(), entry.getKey());
            size += DataRules.decodedLength(entry.getValue().text());
        }
        if (size > DataRules.MAX_BYTES) {
            data.tooLong(DataRules.MAX_BYTES);
        }
        switch (secret.get("type").text()) {
            case "kubernetes.io/service-account-token" -> {
                if (Meta.annotations(secret.value()).getOrDefault(ACCOUNT, "").isEmpty()) {
                    secret.get("metadata").get("annotations").key(ACCOUNT).required("");
                }
            }
            case "kubernetes.io/dockercfg" -> checkJson(data.key(".dockercfg"));
            case "kubernetes.io/dockerconfigjson" -> checkJson(data.key(".dockerconfigjson"));
            case "kubernetes.io/basic-auth" -> {
                if (!data.get("username").isSet() && !data.get("password").isSet()) {
                    data.key("username").required("");
                    data.key("password").required("");
                }
            }
            case "kubernetes.io/ssh-auth" -> data.key("ssh-privatekey").requireValue();
            case "kubernetes.io/tls" -> {
                for (String key : List.of("tls.crt", "tls.key")) {
                    if (!data.get(key).isSet()) {
                        data.key(key).required("");
                    }
                }
            }
            default -> {
                // Other types are their users' matter.
            }
        }
    }

    private static void checkJson(Field entry) {
        if (!entry.isSet()) {
            entry.required("");
            return;
        }
        String text = new String(Base64.getDecoder().decode(entry.text()), StandardCharsets.UTF_8);
        String problem = GoJson.objectProblem(text);
        if (!problem.isEmpty()) {
            entry.invalid(REDACTED, problem);
        }
    }

    @Override
    protected void checkUpdate(Field secret, Field old) {
        secret.get("type").requireSame(old.get("type"));
        DataRules.checkFrozen(secret, old, "data");
    }

    @Override
    public List<String> warnings(ObjectNode secret) {
        if (!secret.path("type").asText("").equals("kubernetes.io/tls")) {
            return List.of();
        }
        return TlsPair.problem(
                        secret.path("data").path("tls.crt").asText(""),
                        secret.path("data").path("tls.key").asText(""))
                .map(List::of)
                .orElse(List.of());
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
