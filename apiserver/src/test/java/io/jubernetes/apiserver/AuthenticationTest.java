package io.jubernetes.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsServer;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.pki.CertificateAuthority;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Who a real server takes one for: by bootstrap tokens, tokens of an issuer, tokens that a webhook knows, and without
/// any.
class AuthenticationTest {
    private static final String ME = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    private static final String REVIEW = "{kind: SelfSubjectReview, apiVersion: authentication.k8s.io/v1}";

    @TempDir
    static Path folder;

    private static LiveServer server;
    private static HttpsServer other;
    private static RSAKey key;
    private static String issuer = "";

    @BeforeAll
    static void start()
            throws IOException, StartupException, GeneralSecurityException, InterruptedException, JOSEException {
        key = new RSAKeyGenerator(2048).keyID("one").generate();
        var authority = CertificateAuthority.create("issuer-ca", Clock.systemUTC());
        other = LiveServer.other(authority, "127.0.0.1", AuthenticationTest::answer);
        issuer = "https://127.0.0.1:" + other.getAddress().getPort();
        Path config = folder.resolve("authentication.json");
        Files.write(config, Json.bytes(configuration(authority.pem())));
        Path webhook = folder.resolve("webhook.yaml");
        Files.writeString(
                webhook,
                "{current-context: c, contexts: [{name: c, context: {cluster: k}}], clusters: [{name: k, cluster:"
                        + " {server: '" + issuer + "/review', certificate-authority-data: "
                        + Base64.getEncoder().encodeToString(authority.pem().getBytes(StandardCharsets.US_ASCII))
                        + "}}]}");
        server = LiveServer.start(
                folder,
                "--enable-bootstrap-token-auth",
                "--authentication-config=" + config,
                "--authentication-token-webhook-config-file=" + webhook,
                "--authentication-token-webhook-version=v1");
    }

    private static ObjectNode configuration(String authority) {
        ObjectNode root = Json.object();
        root.put("kind", "AuthenticationConfiguration").put("apiVersion", "apiserver.config.k8s.io/v1");
        ObjectNode jwt = root.putArray("jwt").addObject();
        ObjectNode from = jwt.putObject("issuer").put("url", issuer).put("certificateAuthority", authority);
        from.putArray("audiences").add("cluster");
        jwt.putArray("claimValidationRules")
                .addObject()
                .put("expression", "claims.tenant == 'green'")
                .put("message", "another tenant");
        ObjectNode mappings = jwt.putObject("claimMappings");
        mappings.putObject("username").put("expression", "'oidc:' + claims.sub");
        mappings.putObject("groups").put("claim", "roles").put("prefix", "oidc:");
        mappings.putObject("uid").put("claim", "uid");
        mappings.putArray("extra").addObject().put("key", "example.com/tenant").put("valueExpression", "claims.tenant");
        jwt.putArray("userValidationRules")
                .addObject()
                .put("expression", "!user.username.startsWith('oidc:system:')")
                .put("message", "not for the system's own");
        ObjectNode anonymous = root.putObject("anonymous").put("enabled", true);
        anonymous.putArray("conditions").addObject().put("path", "/version");
        return root;
    }

    @AfterAll
    static void stop() {
        server.close();
        other.stop(0);
    }

    private static void answer(HttpExchange exchange) throws IOException {
        byte[] body = switch (exchange.getRequestURI().getPath()) {
            case "/.well-known/openid-configuration" ->
                Json.bytes(Json.object().put("issuer", issuer).put("jwks_uri", issuer + "/keys"));
            case "/keys" -> new JWKSet(key).toString(true).getBytes(StandardCharsets.UTF_8);
            default -> review(Json.read(exchange.getRequestBody().readAllBytes()));
        };
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private static byte[] review(JsonNode asked) {
        boolean known = asked.at("/spec/token").asText().equals("opaque");
        ObjectNode answer = Json.object();
        ObjectNode status = answer.putObject("status").put("authenticated", known);
        if (known) {
            status.putObject("user").put("username", "webby").putArray("groups").add("web");
            asked.at("/spec/audiences").forEach(status.putArray("audiences")::add);
        }
        return Json.bytes(answer);
    }

    private static String token(RSAKey signer, String subject, String tenant, String audience, Instant expires)
            throws JOSEException {
        var claims = new JWTClaimsSet.Builder()
                .issuer(issuer)
                .subject(subject)
                .audience(audience)
                .expirationTime(Date.from(expires))
                .claim("tenant", tenant)
                .claim("uid", "u-1")
                .claim("roles", List.of("ops", "dev"))
                .build();
        var jwt = new SignedJWT(
                new JWSHeader.Builder(JWSAlgorithm.RS256)
                        .keyID(signer.getKeyID())
                        .build(),
                claims);
        jwt.sign(new RSASSASigner(signer));
        return jwt.serialize();
    }

    private static JsonNode whoIs(@Nullable String token) throws IOException, InterruptedException {
        HttpResponse<String> answer = server.send(token, "POST", ME, REVIEW);
        return answer.statusCode() == 201
                ? Json.parse(answer.body()).at("/status/userInfo")
                : Json.object().put("code", answer.statusCode());
    }

    @Test
    void anIssuersTokenIsReadAsTheConfigurationSays() throws IOException, InterruptedException, JOSEException {
        Instant soon = Instant.now().plusSeconds(600);
        JsonNode user = whoIs(token(key, "ann", "green", "cluster", soon));
        assertThat(user.path("username").asText()).isEqualTo("oidc:ann");
        assertThat(user.path("uid").asText()).isEqualTo("u-1");
        assertThat(user.path("groups"))
                .extracting(JsonNode::asText)
                .containsExactly("oidc:ops", "oidc:dev", "system:authenticated");
        assertThat(user.path("extra").path("example.com/tenant").path(0).asText())
                .isEqualTo("green");
    }

    @Test
    void tokensThatAreNotMeantAreRefused() throws IOException, InterruptedException, JOSEException {
        Instant soon = Instant.now().plusSeconds(600);
        RSAKey stranger = new RSAKeyGenerator(2048).keyID("one").generate();
        for (String wrong : List.of(
                token(key, "ann", "blue", "cluster", soon),
                token(key, "ann", "green", "another", soon),
                token(key, "ann", "green", "cluster", Instant.now().minusSeconds(60)),
                token(key, "system:masters", "green", "cluster", soon),
                token(stranger, "ann", "green", "cluster", soon))) {
            assertThat(whoIs(wrong).path("code").asInt()).isEqualTo(401);
        }
    }

    @Test
    void aWebhookKnowsFurtherTokens() throws IOException, InterruptedException {
        JsonNode user = whoIs("opaque");
        assertThat(user.path("username").asText()).isEqualTo("webby");
        assertThat(user.path("groups")).extracting(JsonNode::asText).containsExactly("web", "system:authenticated");
        assertThat(whoIs("unheard-of").path("code").asInt()).isEqualTo(401);
    }

    @Test
    void newNodesIntroduceThemselvesByBootstrapTokens() throws IOException, InterruptedException {
        server.create(
                "/api/v1/namespaces/kube-system/secrets", bootstrapToken("abcdef", "true", "2999-01-01T00:00:00Z"));
        server.create(
                "/api/v1/namespaces/kube-system/secrets", bootstrapToken("aaaaaa", "true", "2020-01-01T00:00:00Z"));
        server.create(
                "/api/v1/namespaces/kube-system/secrets", bootstrapToken("bbbbbb", "false", "2999-01-01T00:00:00Z"));
        JsonNode user = whoIs("abcdef.0123456789abcdef");
        assertThat(user.path("username").asText()).isEqualTo("system:bootstrap:abcdef");
        assertThat(user.path("groups"))
                .extracting(JsonNode::asText)
                .containsExactly("system:bootstrappers", "system:bootstrappers:workers", "system:authenticated");
        for (String wrong : List.of(
                "abcdef.0123456789abcdee",
                "aaaaaa.0123456789abcdef",
                "bbbbbb.0123456789abcdef",
                "cccccc.0123456789abcdef")) {
            assertThat(whoIs(wrong).path("code").asInt()).isEqualTo(401);
        }
    }

    private static String bootstrapToken(String id, String usable, String expires) {
        return "{apiVersion: v1, kind: Secret, type: bootstrap.kubernetes.io/token, metadata: {name: bootstrap-token-"
                + id
                + "}, stringData: {token-id: " + id + ", token-secret: 0123456789abcdef,"
                + " usage-bootstrap-authentication: '" + usable + "', expiration: '" + expires
                + "', auth-extra-groups: 'system:bootstrappers:workers'}}";
    }

    @Test
    void nobodyIsLetInOnNamedPathsOnly() throws IOException, InterruptedException {
        assertThat(server.send(null, "GET", "/version", null).statusCode()).isEqualTo(200);
        assertThat(server.send(null, "GET", "/api", null).statusCode()).isEqualTo(401);
    }
}
