package io.jubernetes.apiserver.authn;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.request.UserInfo;
import io.jubernetes.apiserver.webhook.ConfiguredWebhook;
import io.jubernetes.common.codec.Json;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tokens that another server knows, asked by token reviews. Its answers are kept for a while, under the tokens'
/// digests. Thread-safe.
public final class WebhookTokens implements TokenAuthenticator {
    private static final Logger LOG = LoggerFactory.getLogger(WebhookTokens.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final int MAX_KEPT = 4096;

    private final ConfiguredWebhook webhook;
    private final String version;
    private final List<String> audiences;
    private final Duration kept;
    private final InstantSource clock;
    private final Map<String, Known> known = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Known> eldest) {
            return size() > MAX_KEPT;
        }
    }; // guarded by itself

    private record Known(long atMillis, UserInfo user) {}

    /// @param version of the reviews, `v1` or `v1beta1`
    /// @param audiences of this server
    /// @param kept how long a user is known without asking again
    public WebhookTokens(
            ConfiguredWebhook webhook, String version, List<String> audiences, Duration kept, InstantSource clock) {
        this.webhook = webhook;
        this.version = version;
        this.audiences = List.copyOf(audiences);
        this.kept = kept;
        this.clock = clock;
    }

    @Override
    public Optional<UserInfo> authenticate(String token) {
        String digest = StaticTokens.digest(token);
        synchronized (known) {
            Known found = known.get(digest);
            if (found != null && clock.millis() - found.atMillis() < kept.toMillis()) {
                return Optional.of(found.user());
            }
        }
        Optional<UserInfo> user = ask(token);
        synchronized (known) {
            user.ifPresentOrElse(who -> known.put(digest, new Known(clock.millis(), who)), () -> known.remove(digest));
        }
        return user;
    }

    private Optional<UserInfo> ask(String token) {
        ObjectNode review = Json.object();
        review.put("kind", "TokenReview").put("apiVersion", "authentication.k8s.io/" + version);
        review.putObject("metadata").putNull("creationTimestamp");
        ObjectNode spec = review.putObject("spec").put("token", token);
        audiences.forEach(spec.putArray("audiences")::add);
        try {
            JsonNode status = webhook.review(review, TIMEOUT).path("status");
            return status.path("authenticated").asBoolean(false) && isForUs(status.path("audiences"))
                    ? Optional.of(user(status.path("user")))
                    : Optional.empty();
        } catch (IOException e) {
            LOG.error("the token webhook gave no answer: {}", e.getMessage());
            return Optional.empty();
        }
    }

    /// A server that knows nothing of audiences says none, and is then taken at its word.
    private boolean isForUs(JsonNode valid) {
        boolean found = valid.isEmpty();
        for (JsonNode each : valid) {
            found |= audiences.contains(each.asText());
        }
        return found;
    }

    private static UserInfo user(JsonNode shown) {
        List<String> groups = new ArrayList<>();
        shown.path("groups").forEach(group -> groups.add(group.asText()));
        if (!groups.contains(UserInfo.AUTHENTICATED_GROUP)) {
            groups.add(UserInfo.AUTHENTICATED_GROUP);
        }
        Map<String, List<String>> extra = new LinkedHashMap<>();
        shown.path("extra").properties().forEach(entry -> {
            List<String> values = new ArrayList<>();
            entry.getValue().forEach(value -> values.add(value.asText()));
            extra.put(entry.getKey(), values);
        });
        return new UserInfo(shown.path("username").asText(""), shown.path("uid").asText(""), groups, extra);
    }
}
