package io.jubernetes.apiserver.authn;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.authn.Authentication.Anonymous;
import io.jubernetes.apiserver.webhook.NamedTrust;
import io.jubernetes.common.codec.Yaml;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/// What an `AuthenticationConfiguration` says: issuers of tokens, and anonymous requests.
///
/// @param anonymous null when it says nothing of them
public record AuthenticationConfiguration(
        List<TokenAuthenticator> issuers, @Nullable Anonymous anonymous) {
    public AuthenticationConfiguration {
        issuers = List.copyOf(issuers);
    }

    /// @throws IOException when something is wrong; the message says what
    public static AuthenticationConfiguration parse(byte[] yaml, InstantSource clock) throws IOException {
        JsonNode root = Yaml.read(yaml);
        if (!root.path("kind").asText("").equals("AuthenticationConfiguration")) {
            throw new IOException("it holds no AuthenticationConfiguration of apiserver.config.k8s.io/v1");
        }
        List<TokenAuthenticator> issuers = new ArrayList<>();
        Set<String> urls = new HashSet<>();
        JsonNode list = root.path("jwt");
        for (int i = 0; i < list.size(); i++) {
            String field = "jwt[" + i + "]";
            String url = list.get(i).path("issuer").path("url").asText("");
            if (!urls.add(url)) {
                throw new IOException(field + ".issuer.url: Duplicate value: \"" + url + "\"");
            }
            try {
                issuers.add(issuer(list.get(i), List.of(), clock));
            } catch (IllegalArgumentException e) {
                throw new IOException(field + "." + e.getMessage(), e);
            }
        }
        JsonNode anonymous = root.path("anonymous");
        List<String> paths = new ArrayList<>();
        anonymous.path("conditions").forEach(each -> paths.add(each.path("path").asText("")));
        return new AuthenticationConfiguration(
                issuers,
                anonymous.isObject() ? new Anonymous(anonymous.path("enabled").asBoolean(false), paths) : null);
    }

    /// An issuer of tokens.
    ///
    /// @param jwt one entry of the configuration
    /// @param algorithms by which tokens may be signed; empty for all that are safe
    /// @throws IllegalArgumentException when the entry is wrong; the message says how
    public static TokenAuthenticator issuer(JsonNode jwt, List<String> algorithms, InstantSource clock)
            throws IOException {
        JsonNode issuer = jwt.path("issuer");
        String url = issuer.path("url").asText("");
        if (!url.startsWith("https://")) {
            throw new IllegalArgumentException("issuer.url: Invalid value: \"" + url + "\": URL scheme must be https");
        }
        List<String> audiences = new ArrayList<>();
        issuer.path("audiences").forEach(each -> audiences.add(each.asText()));
        if (audiences.isEmpty()) {
            throw new IllegalArgumentException(
                    "issuer.audiences: Required value: at least one jwt[].issuer.audiences is" + " required");
        }
        String discovery = issuer.path("discoveryURL").asText("");
        return new JwtIssuer(
                new JwtIssuer.Issuer(url, discovery, audiences, algorithms),
                ClaimMapping.of(jwt),
                client(issuer.path("certificateAuthority").asText(""), discovery.isEmpty() ? url : discovery),
                clock);
    }

    private static HttpClient client(String authority, String url) throws IOException {
        try {
            SSLContext tls = SSLContext.getInstance("TLS");
            var trust = NamedTrust.of(
                    authority.getBytes(StandardCharsets.US_ASCII),
                    String.valueOf(URI.create(url).getHost()));
            tls.init(null, new TrustManager[] {trust}, null);
            return HttpClient.newBuilder()
                    .connectTimeout(Duration.ofSeconds(5))
                    .sslContext(tls)
                    .build();
        } catch (GeneralSecurityException e) {
            throw new IOException("issuer.certificateAuthority: " + e.getMessage(), e);
        }
    }
}
