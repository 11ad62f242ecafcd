package io.jubernetes.apiserver.authn;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.request.UserInfo;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Tokens by which new nodes introduce themselves: secrets `bootstrap-token-ID` in `kube-system`. Thread-safe.
public final class BootstrapTokens implements TokenAuthenticator {
    private static final Pattern TOKEN = Pattern.compile("([a-z0-9]{6})\\.([a-z0-9]{16})");
    private static final Pattern GROUP = Pattern.compile("system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]");
    private static final String TYPE = "bootstrap.kubernetes.io/token";
    private static final String GROUPS = "system:bootstrappers";

    private final Secrets secrets;
    private final InstantSource clock;

    /// The secrets of `kube-system`.
    @FunctionalInterface
    public interface Secrets {
        Optional<? extends JsonNode> find(String name);
    }

    public BootstrapTokens(Secrets secrets, InstantSource clock) {
        this.secrets = secrets;
        this.clock = clock;
    }

    @Override
    public Optional<UserInfo> authenticate(String token) {
        Matcher parts = TOKEN.matcher(token);
        if (!parts.matches()) {
            return Optional.empty();
        }
        String id = parts.group(1);
        return secrets.find("bootstrap-token-" + id)
                .filter(secret -> isValid(secret, id, parts.group(2)))
                .flatMap(secret -> user(secret, id));
    }

    private boolean isValid(JsonNode secret, String id, String given) {
        return secret.path("type").asText("").equals(TYPE)
                && !secret.path("metadata").hasNonNull("deletionTimestamp")
                && text(secret, "token-id").equals(id)
                && MessageDigest.isEqual(
                        text(secret, "token-secret").getBytes(StandardCharsets.UTF_8),
                        given.getBytes(StandardCharsets.UTF_8))
                && text(secret, "usage-bootstrap-authentication").equals("true")
                && !isExpired(text(secret, "expiration"));
    }

    private boolean isExpired(String expiration) {
        if (expiration.isEmpty()) {
            return false;
        }
        try {
            return !clock.instant().isBefore(Instant.parse(expiration));
        } catch (DateTimeParseException e) {
            // What nobody can read has not been meant to last for ever.
            return true;
        }
    }

    private static Optional<UserInfo> user(JsonNode secret, String id) {
        List<String> groups = new ArrayList<>(List.of(GROUPS));
        String extra = text(secret, "auth-extra-groups");
        for (String group : extra.isEmpty() ? new String[0] : extra.split(",")) {
            if (!GROUP.matcher(group).matches()) {
                return Optional.empty();
            }
            groups.add(group);
        }
        groups.add(UserInfo.AUTHENTICATED_GROUP);
        return Optional.of(new UserInfo("system:bootstrap:" + id, "", groups, Map.of()));
    }

    private static String text(JsonNode secret, String key) {
        try {
            return new String(
                    Base64.getDecoder().decode(secret.path("data").path(key).asText("")), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return "";
        }
    }
}
