package io.jubernetes.controllermanager.bootstrap;

import io.fabric8.kubernetes.api.model.Secret;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.controllermanager.ControllerContext;
import io.jubernetes.controllermanager.workload.Times;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;

/// A bootstrap token as its secret holds it. Pure.
///
/// @param expiration empty for a token that stays
record BootstrapToken(String id, String secret, boolean signs, Optional<Instant> expiration, boolean readable) {
    static final String TYPE = "bootstrap.kubernetes.io/token";
    static final String NAMESPACE = "kube-system";

    /// All such secrets.
    static Informed<Secret> secrets(ControllerContext context) {
        return context.informers()
                .of(
                        Secret.class,
                        "bootstrap tokens",
                        client -> client.secrets().inNamespace(NAMESPACE).withField("type", TYPE));
    }

    static BootstrapToken of(Secret secret) {
        String id = value(secret, "token-id");
        String text = value(secret, "expiration");
        Optional<Instant> expiration = Times.parse(text);
        boolean readable = text.isEmpty() || expiration.isPresent();
        boolean named = secret.getMetadata().getName().equals("bootstrap-token-" + id);
        return new BootstrapToken(
                id,
                value(secret, "token-secret"),
                named && value(secret, "usage-bootstrap-signing").equals("true"),
                expiration,
                readable);
    }

    /// A token whose time cannot be read is over.
    boolean isOver(Instant now) {
        return !readable || expiration.filter(end -> !now.isBefore(end)).isPresent();
    }

    private static String value(Secret secret, String key) {
        String data = secret.getData() == null ? null : secret.getData().get(key);
        try {
            return data == null ? "" : new String(Base64.getDecoder().decode(data), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return "";
        }
    }
}
