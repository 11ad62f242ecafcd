package io.jubernetes.apiserver.authz;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.webhook.ConfiguredWebhook;
import io.jubernetes.common.codec.GoDuration;
import io.jubernetes.common.codec.Yaml;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/// Reads an `AuthorizationConfiguration`: the authorizers in their order.
public final class AuthorizationConfiguration {
    private AuthorizationConfiguration() {}

    /// @param builtin makes the authorizers of the types that are part of this server
    /// @throws IOException when something is wrong; the message says what
    public static List<Authorizer> parse(byte[] yaml, Function<String, Authorizer> builtin, InstantSource clock)
            throws IOException {
        JsonNode root = Yaml.read(yaml);
        if (!root.path("kind").asText("").equals("AuthorizationConfiguration")) {
            throw new IOException("it holds no AuthorizationConfiguration of apiserver.config.k8s.io/v1");
        }
        List<Authorizer> all = new ArrayList<>();
        Set<String> names = new HashSet<>();
        JsonNode list = root.path("authorizers");
        for (int i = 0; i < list.size(); i++) {
            JsonNode each = list.get(i);
            String field = "authorizers[" + i + "]";
            if (!names.add(each.path("name").asText(""))) {
                throw new IOException(
                        field + ".name: Duplicate value: \"" + each.path("name").asText("") + "\"");
            }
            try {
                all.add(
                        each.path("type").asText("").equals("Webhook")
                                ? webhook(each.path("webhook"), field + ".webhook", clock)
                                : builtin.apply(each.path("type").asText("")));
            } catch (IllegalArgumentException e) {
                throw new IOException(field + ": " + e.getMessage(), e);
            }
        }
        if (all.isEmpty()) {
            throw new IOException("authorizers: Required value: at least one authorization mode must be defined");
        }
        return all;
    }

    private static Authorizer webhook(JsonNode webhook, String field, InstantSource clock) throws IOException {
        String policy = webhook.path("failurePolicy").asText("");
        if (!Set.of("NoOpinion", "Deny").contains(policy)) {
            throw new IOException(field + ".failurePolicy: Unsupported value: \"" + policy
                    + "\": supported values: \"Deny\", \"NoOpinion\"");
        }
        String file = webhook.path("connectionInfo").path("kubeConfigFile").asText("");
        if (file.isEmpty()) {
            throw new IOException(field + ".connectionInfo.kubeConfigFile: Required value");
        }
        List<String> conditions = new ArrayList<>();
        webhook.path("matchConditions")
                .forEach(each -> conditions.add(each.path("expression").asText("")));
        var settings = new WebhookAuthorizer.Settings(
                webhook.path("subjectAccessReviewVersion").asText("v1"),
                duration(webhook, "timeout", Duration.ofSeconds(3), field),
                duration(webhook, "authorizedTTL", Duration.ofMinutes(5), field),
                duration(webhook, "unauthorizedTTL", Duration.ofSeconds(30), field),
                policy.equals("Deny"));
        return new WebhookAuthorizer(ConfiguredWebhook.read(Path.of(file)), settings, conditions, clock);
    }

    private static Duration duration(JsonNode webhook, String name, Duration otherwise, String field)
            throws IOException {
        String text = webhook.path(name).asText("");
        if (text.isEmpty()) {
            return otherwise;
        }
        return GoDuration.find(text)
                .filter(Duration::isPositive)
                .orElseThrow(() -> new IOException(field + "." + name + ": Invalid value: \"" + text + "\""));
    }
}
