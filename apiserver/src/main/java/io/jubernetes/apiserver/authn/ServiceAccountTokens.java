package io.jubernetes.apiserver.authn;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.jubernetes.apiserver.request.UserInfo;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.codec.Sha256;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Signs and verifies service-account tokens: JWTs bound to a service account and optionally to a pod, secret
/// or node. Immutable and thread-safe. What a token is bound to must still exist; whether it does is asked of
/// [BoundObjects].
public final class ServiceAccountTokens implements TokenAuthenticator {
    private static final String CLAIM = "kubernetes.io";
    private static final Duration LEEWAY = Duration.ofSeconds(10);

    private final String issuer;
    private final List<String> audiences;
    private final @Nullable PrivateKey signingKey;
    private final String signingKeyId;
    private final Map<String, PublicKey> verificationKeys;
    private final BoundObjects objects;
    private final Clock clock;

    /// What a token refers to, as it is now.
    public interface BoundObjects {
        /// The uid of an object of kind `ServiceAccount`, `Pod`, `Secret` or `Node`; empty when there is none
        /// or it is being deleted for longer than its grace.
        Optional<String> uid(String kind, String namespace, String name);
    }

    /// What a token is bound to.
    public record Binding(String kind, String name, String uid) {}

    /// A signed token.
    public record Issued(String token, Instant expires) {}

    /// @param signingKey null when this server signs none
    public ServiceAccountTokens(
            String issuer,
            List<String> audiences,
            @Nullable PrivateKey signingKey,
            List<PublicKey> verificationKeys,
            BoundObjects objects,
            Clock clock) {
        this.issuer = issuer;
        this.audiences = List.copyOf(audiences);
        this.signingKey = signingKey;
        this.objects = objects;
        this.clock = clock;
        Map<String, PublicKey> byId = new LinkedHashMap<>();
        verificationKeys.forEach(key -> byId.put(keyId(key), key));
        this.verificationKeys = Map.copyOf(byId);
        this.signingKeyId = verificationKeys.isEmpty() ? "" : keyId(verificationKeys.getFirst());
    }

    public String issuer() {
        return issuer;
    }

    /// The audiences the API server itself accepts.
    public List<String> audiences() {
        return audiences;
    }

    public Map<String, PublicKey> verificationKeys() {
        return verificationKeys;
    }

    /// The id of a key in a JWT header: the base64 of its SHA-256.
    static String keyId(PublicKey key) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(Sha256.of(key.getEncoded()));
    }

    /// Signs a token.
    ///
    /// @throws IllegalStateException when this server has no signing key
    public Issued issue(
            String namespace,
            String serviceAccount,
            String uid,
            @Nullable Binding binding,
            @Nullable Binding node,
            List<String> audience,
            Duration validity) {
        if (signingKey == null) {
            throw new IllegalStateException("no service account signing key");
        }
        Instant now = clock.instant();
        Instant expires = now.plus(validity);
        Map<String, Object> kubernetes = new LinkedHashMap<>();
        kubernetes.put("namespace", namespace);
        if (node != null) {
            kubernetes.put("node", Map.of("name", node.name(), "uid", node.uid()));
        }
        if (binding != null) {
            kubernetes.put(
                    binding.kind().toLowerCase(java.util.Locale.ROOT),
                    Map.of("name", binding.name(), "uid", binding.uid()));
        }
        kubernetes.put("serviceaccount", Map.of("name", serviceAccount, "uid", uid));
        var claims = new JWTClaimsSet.Builder()
                .issuer(issuer)
                .subject(UserInfo.SERVICE_ACCOUNT_PREFIX + namespace + ":" + serviceAccount)
                .audience(audience.isEmpty() ? audiences : audience)
                .issueTime(Date.from(now))
                .notBeforeTime(Date.from(now))
                .expirationTime(Date.from(expires))
                .jwtID(UUID.randomUUID().toString())
                .claim(CLAIM, kubernetes)
                .build();
        boolean ec = signingKey instanceof ECPrivateKey;
        try {
            var jwt = new SignedJWT(
                    new JWSHeader.Builder(ec ? JWSAlgorithm.ES256 : JWSAlgorithm.RS256)
                            .keyID(signingKeyId)
                            .build(),
                    claims);
            JWSSigner signer =
                    signingKey instanceof ECPrivateKey key ? new ECDSASigner(key) : new RSASSASigner(signingKey);
            jwt.sign(signer);
            return new Issued(jwt.serialize(), expires);
        } catch (JOSEException e) {
            throw new IllegalStateException("cannot sign a service account token", e);
        }
    }

    @Override
    public Optional<UserInfo> authenticate(String token) {
        return authenticate(token, audiences).map(Verified::user);
    }

    /// A valid token's user and the audiences it is valid for.
    public record Verified(UserInfo user, List<String> audiences) {}

    /// Verifies a token for any of the given audiences.
    public Optional<Verified> authenticate(String token, List<String> accepted) {
        if (token.length() > 16_384 || token.chars().filter(c -> c == '.').count() != 2) {
            return Optional.empty();
        }
        try {
            SignedJWT jwt = SignedJWT.parse(token);
            if (!signedByUs(jwt)) {
                return Optional.empty();
            }
            JWTClaimsSet claims = jwt.getJWTClaimsSet();
            return claims.getClaim(CLAIM) == null ? legacy(claims) : bound(claims, accepted);
        } catch (ParseException | JOSEException | RuntimeException e) {
            return Optional.empty();
        }
    }

    /// What is wrong with a token that this server has signed; empty when it is none of its tokens.
    public String problem(String token, List<String> accepted) {
        try {
            SignedJWT jwt = SignedJWT.parse(token);
            JWTClaimsSet claims = jwt.getJWTClaimsSet();
            if (!signedByUs(jwt)
                    || !issuer.equals(claims.getIssuer())
                    || !(claims.getJSONObjectClaim(CLAIM) instanceof Map<String, Object> kubernetes)
                    || !(kubernetes.get("serviceaccount") instanceof Map<?, ?> account)) {
                return "";
            }
            if (claims.getAudience().stream().noneMatch(accepted::contains)) {
                return "token audiences " + quoted(claims.getAudience()) + " is invalid for the target audiences "
                        + quoted(accepted);
            }
            Date expires = claims.getExpirationTime();
            if (expires == null || clock.instant().minus(LEEWAY).isAfter(expires.toInstant())) {
                return "service account token has expired";
            }
            String name = String.valueOf(account.get("name"));
            Optional<String> uid = objects.uid("ServiceAccount", String.valueOf(kubernetes.get("namespace")), name);
            if (uid.isEmpty()) {
                return "serviceaccounts " + Json.text(name) + " not found";
            }
            return uid.get().equals(String.valueOf(account.get("uid")))
                    ? "service account token has been invalidated"
                    : "service account UID (" + uid.get() + ") does not match claim (" + account.get("uid") + ")";
        } catch (ParseException | JOSEException | RuntimeException e) {
            return "";
        }
    }

    private static String quoted(List<String> values) {
        return "[" + String.join(" ", values.stream().map(Json::text).toList()) + "]";
    }

    private boolean signedByUs(SignedJWT jwt) throws JOSEException {
        String id = jwt.getHeader().getKeyID();
        PublicKey named = id == null ? null : verificationKeys.get(id);
        for (PublicKey key : named == null ? verificationKeys.values() : List.of(named)) {
            JWSVerifier verifier = switch (key) {
                case RSAPublicKey rsa -> new RSASSAVerifier(rsa);
                case ECPublicKey ec -> new ECDSAVerifier(ec);
                default -> null;
            };
            if (verifier != null
                    && verifier.supportedJWSAlgorithms()
                            .contains(jwt.getHeader().getAlgorithm())
                    && jwt.verify(verifier)) {
                return true;
            }
        }
        return false;
    }

    private Optional<Verified> bound(JWTClaimsSet claims, List<String> accepted) throws ParseException {
        Instant now = clock.instant();
        List<String> common =
                claims.getAudience().stream().filter(accepted::contains).toList();
        boolean inTime = claims.getExpirationTime() != null
                && now.minus(LEEWAY).isBefore(claims.getExpirationTime().toInstant())
                && (claims.getNotBeforeTime() == null
                        || now.plus(LEEWAY).isAfter(claims.getNotBeforeTime().toInstant()));
        if (!issuer.equals(claims.getIssuer()) || common.isEmpty() || !inTime) {
            return Optional.empty();
        }
        Map<String, Object> kubernetes = claims.getJSONObjectClaim(CLAIM);
        String namespace = String.valueOf(kubernetes.get("namespace"));
        if (!(kubernetes.get("serviceaccount") instanceof Map<?, ?> account)) {
            return Optional.empty();
        }
        String name = String.valueOf(account.get("name"));
        String uid = String.valueOf(account.get("uid"));
        if (!claims.getSubject().equals(UserInfo.SERVICE_ACCOUNT_PREFIX + namespace + ":" + name)
                || !isAlive("ServiceAccount", namespace, name, uid)) {
            return Optional.empty();
        }
        Map<String, List<String>> extra = new LinkedHashMap<>();
        extra.put("authentication.kubernetes.io/credential-id", List.of("JTI=" + claims.getJWTID()));
        for (String kind : List.of("Pod", "Secret", "Node")) {
            if (kubernetes.get(kind.toLowerCase(java.util.Locale.ROOT)) instanceof Map<?, ?> reference) {
                String boundName = String.valueOf(reference.get("name"));
                String boundUid = String.valueOf(reference.get("uid"));
                boolean alongPod = kind.equals("Node") && kubernetes.containsKey("pod");
                if (!alongPod && !isAlive(kind, kind.equals("Node") ? "" : namespace, boundName, boundUid)) {
                    return Optional.empty();
                }
                if (!kind.equals("Secret")) {
                    String prefix = "authentication.kubernetes.io/" + kind.toLowerCase(java.util.Locale.ROOT);
                    extra.put(prefix + "-name", List.of(boundName));
                    extra.put(prefix + "-uid", List.of(boundUid));
                }
            }
        }
        return Optional.of(new Verified(user(namespace, name, uid, extra), common));
    }

    /// Tokens kept in secrets by older clusters: no expiry, no audience, bound to their secret.
    private Optional<Verified> legacy(JWTClaimsSet claims) {
        String prefix = "kubernetes.io/serviceaccount/";
        String namespace = String.valueOf(claims.getClaim(prefix + "namespace"));
        String name = String.valueOf(claims.getClaim(prefix + "service-account.name"));
        String uid = String.valueOf(claims.getClaim(prefix + "service-account.uid"));
        String secret = String.valueOf(claims.getClaim(prefix + "secret.name"));
        if (!"kubernetes/serviceaccount".equals(claims.getIssuer())
                || !isAlive("ServiceAccount", namespace, name, uid)
                || objects.uid("Secret", namespace, secret).isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new Verified(user(namespace, name, uid, Map.of()), audiences));
    }

    private boolean isAlive(String kind, String namespace, String name, String uid) {
        return objects.uid(kind, namespace, name).filter(uid::equals).isPresent();
    }

    private static UserInfo user(String namespace, String name, String uid, Map<String, List<String>> extra) {
        return new UserInfo(
                UserInfo.SERVICE_ACCOUNT_PREFIX + namespace + ":" + name,
                uid,
                List.of("system:serviceaccounts", "system:serviceaccounts:" + namespace, UserInfo.AUTHENTICATED_GROUP),
                extra);
    }

    /// The public keys as a JWK set, for those who verify tokens themselves.
    public String jwks() {
        var keys = verificationKeys.entrySet().stream()
                .map(entry -> {
                    com.nimbusds.jose.jwk.JWK jwk = switch (entry.getValue()) {
                        case RSAPublicKey rsa ->
                            new com.nimbusds.jose.jwk.RSAKey.Builder(rsa)
                                    .keyUse(com.nimbusds.jose.jwk.KeyUse.SIGNATURE)
                                    .algorithm(JWSAlgorithm.RS256)
                                    .keyID(entry.getKey())
                                    .build();
                        case ECPublicKey ec ->
                            new com.nimbusds.jose.jwk.ECKey.Builder(com.nimbusds.jose.jwk.Curve.P_256, ec)
                                    .keyUse(com.nimbusds.jose.jwk.KeyUse.SIGNATURE)
                                    .algorithm(JWSAlgorithm.ES256)
                                    .keyID(entry.getKey())
                                    .build();
                        default -> throw new IllegalStateException("neither RSA nor EC");
                    };
                    return jwk;
                })
                .toList();
        return new com.nimbusds.jose.jwk.JWKSet(keys).toString(true);
    }
}
