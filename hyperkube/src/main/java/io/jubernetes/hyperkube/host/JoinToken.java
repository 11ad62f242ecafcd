package io.jubernetes.hyperkube.host;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.StatusDetails;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.jubernetes.common.component.StartupException;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A bootstrap token, `abcdef.0123456789abcdef`: what a host shows that wants to join, and by what it knows
/// the cluster. See <https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/>.
///
/// @param id six characters that are no secret
/// @param secret sixteen characters
public record JoinToken(String id, String secret) {
    /// Whoever has a token of [#bootstrapSecret] is in this group.
    static final String GROUP = "system:bootstrappers:jubernetes:nodes";

    static final String NAMESPACE = "kube-system";
    private static final String TYPE = "bootstrap.kubernetes.io/token";
    private static final Pattern FORM = Pattern.compile("([a-z0-9]{6})\\.([a-z0-9]{16})");
    private static final String LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";

    /// Reads a token.
    ///
    /// @throws StartupException when it has another form; the message does not repeat it
    public static JoinToken parse(String text) throws StartupException {
        var match = FORM.matcher(text.strip());
        if (!match.matches()) {
            throw new StartupException("--token: a token looks like abcdef.0123456789abcdef;"
                    + " make one with ./jube cluster token create");
        }
        return new JoinToken(match.group(1), match.group(2));
    }

    /// A new token that nobody can guess.
    public static JoinToken random() {
        var random = new SecureRandom();
        var text = new StringBuilder();
        random.ints(22, 0, LETTERS.length()).forEach(i -> text.append(LETTERS.charAt(i)));
        return new JoinToken(text.substring(0, 6), text.substring(6));
    }

    /// The Secrets of all tokens.
    public static List<Secret> all(KubernetesClient client) {
        return client.secrets()
                .inNamespace(NAMESPACE)
                .withField("type", TYPE)
                .list()
                .getItems();
    }

    /// Makes a token useless.
    ///
    /// @return what was deleted: nothing when there is no such token
    public static List<StatusDetails> delete(KubernetesClient client, String id) {
        return client.secrets().inNamespace(NAMESPACE).withName(secretName(id)).delete();
    }

    private static String secretName(String id) {
        return "bootstrap-token-" + id;
    }

    /// The Secret that makes the token good.
    ///
    /// @param expires null for a token that stays good
    public Secret bootstrapSecret(@Nullable Instant expires, String description) {
        var builder = new SecretBuilder()
                .withNewMetadata()
                .withNamespace(NAMESPACE)
                .withName(secretName(id))
                .endMetadata()
                .withType(TYPE)
                .addToStringData("token-id", id)
                .addToStringData("token-secret", secret)
                .addToStringData("description", description)
                .addToStringData("usage-bootstrap-authentication", "true")
                .addToStringData("usage-bootstrap-signing", "true")
                .addToStringData("auth-extra-groups", GROUP);
        if (expires != null) {
            builder.addToStringData(
                    "expiration", expires.truncatedTo(ChronoUnit.SECONDS).toString());
        }
        return builder.build();
    }

    /// The token as it is written.
    public String text() {
        return id + "." + secret;
    }

    /// Without the secret, so that no log shows it.
    @Override
    public String toString() {
        return id + ".*";
    }
}
