package io.jubernetes.apiserver.authn;

import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.crypto.factories.DefaultJWSVerifierFactory;
import com.nimbusds.jose.jwk.AsymmetricJWK;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.jubernetes.apiserver.request.UserInfo;
import io.jubernetes.common.codec.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.PublicKey;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tokens that an OpenID Connect issuer has signed. Its keys are loaded when they are first needed and again when a
/// token names one that is not known, at most every few seconds. Thread-safe.
public final class JwtIssuer implements TokenAuthenticator {
    private static final Logger LOG = LoggerFactory.getLogger(JwtIssuer.class);
    private static final int MAX_TOKEN = 16_384;
    private static final int MAX_ANSWER = 1 << 20;
    private static final Duration LEEWAY = Duration.ofSeconds(10);
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final Duration BETWEEN_LOADS = Duration.ofSeconds(5);
    private static final Set<JWSAlgorithm> ALGORITHMS = Set.of(
            JWSAlgorithm.RS256,
            JWSAlgorithm.RS384,
            JWSAlgorithm.RS512,
            JWSAlgorithm.ES256,
            JWSAlgorithm.ES384,
            JWSAlgorithm.ES512,
            JWSAlgorithm.PS256,
            JWSAlgorithm.PS384,
            JWSAlgorithm.PS512);

    private final Issuer issuer;
    private final ClaimMapping mapping;
    private final HttpClient client;
    private final InstantSource clock;
    private JWKSet keys = new JWKSet(); // guarded by this
    private Instant loaded = Instant.MIN; // guarded by this

    /// @param url as tokens name it
    /// @param discoveryUrl where its configuration is; empty for the usual place below the URL
    /// @param audiences one of which a token must be for
    /// @param algorithms by which tokens may be signed; empty for all that are safe
    public record Issuer(String url, String discoveryUrl, List<String> audiences, List<String> algorithms) {}

    public JwtIssuer(Issuer issuer, ClaimMapping mapping, HttpClient client, InstantSource clock) {
        this.issuer = issuer;
        this.mapping = mapping;
        this.client = client;
        this.clock = clock;
    }

    @Override
    public Optional<UserInfo> authenticate(String token) {
        if (token.length() > MAX_TOKEN || token.chars().filter(c -> c == '.').count() != 2) {
            return Optional.empty();
        }
        try {
            SignedJWT jwt = SignedJWT.parse(token);
            JWTClaimsSet claims = jwt.getJWTClaimsSet();
            if (!issuer.url().equals(claims.getIssuer()) || !isInTime(claims) || !isForUs(claims) || !isSigned(jwt)) {
                return Optional.empty();
            }
            return mapping.user(Json.parse(jwt.getPayload().toString()));
        } catch (ParseException | JOSEException | RuntimeException e) {
            LOG.debug("a token of {} is not accepted: {}", issuer.url(), e.getMessage());
            return Optional.empty();
        }
    }

    private boolean isInTime(JWTClaimsSet claims) {
        Instant now = clock.instant();
        Date expires = claims.getExpirationTime();
        Date begins = claims.getNotBeforeTime();
        return expires != null
                && now.minus(LEEWAY).isBefore(expires.toInstant())
                && (begins == null || now.plus(LEEWAY).isAfter(begins.toInstant()));
    }

    private boolean isForUs(JWTClaimsSet claims) {
        return claims.getAudience().stream().anyMatch(issuer.audiences()::contains);
    }

    private boolean isSigned(SignedJWT jwt) throws JOSEException {
        JWSAlgorithm algorithm = jwt.getHeader().getAlgorithm();
        boolean allowed = ALGORITHMS.contains(algorithm)
                && (issuer.algorithms().isEmpty() || issuer.algorithms().contains(algorithm.getName()));
        if (!allowed) {
            return false;
        }
        return verifies(jwt, known()) || reload() && verifies(jwt, known());
    }

    private synchronized JWKSet known() {
        return keys;
    }

    private static boolean verifies(SignedJWT jwt, JWKSet keys) throws JOSEException {
        String id = jwt.getHeader().getKeyID();
        for (JWK key : keys.getKeys()) {
            boolean named = id == null || key.getKeyID() == null || id.equals(key.getKeyID());
            if (named && key instanceof AsymmetricJWK pair && verifies(jwt, pair.toPublicKey())) {
                return true;
            }
        }
        return false;
    }

    private static boolean verifies(SignedJWT jwt, PublicKey key) {
        try {
            return jwt.verify(new DefaultJWSVerifierFactory().createJWSVerifier(jwt.getHeader(), key));
        } catch (JOSEException e) {
            // A key of another sort.
            return false;
        }
    }

    /// @return whether the keys have been loaded now
    private synchronized boolean reload() {
        Instant now = clock.instant();
        if (!loaded.equals(Instant.MIN) && now.isBefore(loaded.plus(BETWEEN_LOADS))) {
            return false;
        }
        loaded = now;
        try {
            String url = issuer.discoveryUrl().isEmpty()
                    ? issuer.url().replaceAll("/$", "") + "/.well-known/openid-configuration"
                    : issuer.discoveryUrl();
            JsonNode configuration = Json.read(get(url));
            if (!configuration.path("issuer").asText("").equals(issuer.url())) {
                throw new IOException(
                        "it says it is " + configuration.path("issuer").asText("nobody"));
            }
            List<JWK> all = new ArrayList<>();
            for (JsonNode key :
                    Json.read(get(configuration.path("jwks_uri").asText(""))).path("keys")) {
                all.add(JWK.parse(key.toString()));
            }
            keys = new JWKSet(all);
            return true;
        } catch (IOException | ParseException | IllegalArgumentException e) {
            LOG.error("the keys of the issuer {} cannot be loaded: {}", issuer.url(), e.getMessage());
            return false;
        }
    }

    private byte[] get(String url) throws IOException {
        try {
            HttpResponse<byte[]> answer = client.send(
                    HttpRequest.newBuilder(URI.create(url)).timeout(TIMEOUT).build(),
                    BodyHandlers.limiting(BodyHandlers.ofByteArray(), MAX_ANSWER));
            if (answer.statusCode() != 200) {
                throw new IOException(url + " answered " + answer.statusCode());
            }
            return answer.body();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
