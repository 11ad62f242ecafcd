package io.jubernetes.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.pki.CertificateAuthority;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Clock;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What clients send that want to be somebody else, or to keep the server busy.
class HostileInputTest {
    private static final String[] CLAIM = {"X-Remote-User", "root", "X-Remote-Group", "system:masters"};
    private static final String ME = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    private static final String DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

    @TempDir
    static Path folder;

    private static LiveServer server;
    private static CertificateAuthority clients;
    private static CertificateAuthority proxies;
    private static CertificateAuthority strangers;

    @BeforeAll
    static void start() throws IOException, StartupException, GeneralSecurityException {
        clients = CertificateAuthority.create("clients", Clock.systemUTC());
        proxies = CertificateAuthority.create("proxies", Clock.systemUTC());
        strangers = CertificateAuthority.create("clients", Clock.systemUTC());
        Path clientCa = Files.writeString(folder.resolve("clients.crt"), clients.pem());
        Path proxyCa = Files.writeString(folder.resolve("proxies.crt"), proxies.pem());
        server = LiveServer.start(
                folder,
                "--client-ca-file=" + clientCa,
                "--requestheader-client-ca-file=" + proxyCa,
                "--requestheader-allowed-names=front",
                "--requestheader-username-headers=X-Remote-User",
                "--requestheader-group-headers=X-Remote-Group",
                "--requestheader-extra-headers-prefix=X-Remote-Extra-");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static String user(HttpResponse<String> answer) throws IOException {
        JsonNode body = Json.parse(answer.body());
        return answer.statusCode() == 201
                ? body.at("/status/userInfo/username").asText()
                : answer.statusCode() + " " + body.path("reason").asText();
    }

    @Test
    void onlyTheFrontProxySaysWhoItSpeaksFor() throws Exception {
        assertThat(user(server.whoIs(proxies, "front", CLAIM))).isEqualTo("root");
        assertThat(user(server.whoIs(proxies, "another", CLAIM))).isEqualTo("401 Unauthorized");
        assertThat(user(server.whoIs(strangers, "front", CLAIM))).isEqualTo("401 Unauthorized");
        assertThat(user(server.whoIs(clients, "front", CLAIM))).isEqualTo("front");
        assertThat(user(server.send(LiveServer.JANE, "POST", ME, "{}", CLAIM))).isEqualTo("jane");
        assertThat(user(server.send(null, "POST", ME, "{}", CLAIM))).isEqualTo("401 Unauthorized");
    }

    @Test
    void aCertificateOfAnotherAuthorityOfTheSameNameIsNoIdentity() throws Exception {
        assertThat(user(server.whoIs(clients, "ann"))).isEqualTo("ann");
        assertThat(user(server.whoIs(strangers, "ann"))).isEqualTo("401 Unauthorized");
    }

    @Test
    void nobodyBecomesAnotherWithoutLeave() throws Exception {
        HttpResponse<String> answer = server.send(
                LiveServer.JANE, "POST", ME, "{}", "Impersonate-User", "admin", "Impersonate-Group", "system:masters");
        assertThat(user(answer)).isEqualTo("403 Forbidden");
        assertThat(user(server.send(LiveServer.ADMIN, "POST", ME, "{}", "Impersonate-Group", "system:masters")))
                .startsWith("4")
                .doesNotContain("201");
    }

    private static String definition(String plural, String schema) {
        return """
                {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition",
                 "metadata":{"name":"%1$s.hostile.example.com"},
                 "spec":{"group":"hostile.example.com","scope":"Cluster","names":{"plural":"%1$s","kind":"K%1$s"},
                  "versions":[{"name":"v1","served":true,"storage":true,
                   "schema":{"openAPIV3Schema":{"type":"object","properties":{"spec":%2$s}}}}]}}
                """.formatted(plural, schema);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "self.all(a, self.all(b, self.all(c, a == b || b == c)))",
                "self.map(a, self.map(b, a + b)).size() > 0",
            })
    void aRuleThatMayTakeTooLongIsRefusedWithItsCost(String rule) throws Exception {
        HttpResponse<String> answer =
                server.send(LiveServer.ADMIN, "POST", DEFINITIONS, definition("costly", """
                        {"type":"array","items":{"type":"string"},"x-kubernetes-validations":[{"rule":"%s"}]}
                        """.formatted(rule)));
        assertThat(answer.statusCode()).isEqualTo(422);
        assertThat(Json.parse(answer.body()).path("message").asText())
                .contains("spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule")
                .contains("exceeds budget");
    }

    @Test
    void anExpressionNestedTooDeeplyIsRefused() throws Exception {
        String rule = "(".repeat(2_000) + "true" + ")".repeat(2_000);
        HttpResponse<String> answer = server.send(
                LiveServer.ADMIN,
                "POST",
                DEFINITIONS,
                definition(
                        "nested", "{\"type\":\"string\",\"x-kubernetes-validations\":[{\"rule\":\"" + rule + "\"}]}"));
        assertThat(answer.statusCode()).isEqualTo(422);
    }

    @Test
    void aPatternThatBacktracksWouldKeepTheServerBusyForEver() throws Exception {
        server.create(
                DEFINITIONS,
                definition("patterns", "{\"type\":\"string\",\"pattern\":\"^(a+)+$\",\"maxLength\":100000}"));
        String path = "/apis/hostile.example.com/v1/patterns";
        Awaitility.await()
                .until(() -> server.send(LiveServer.ADMIN, "GET", path, null).statusCode() == 200);
        HttpResponse<String> answer = server.send(
                LiveServer.ADMIN,
                "POST",
                path,
                "{\"apiVersion\":\"hostile.example.com/v1\",\"kind\":\"Kpatterns\",\"metadata\":{\"name\":\"p\"},\"spec\":\""
                        + "a".repeat(50_000) + "!\"}");
        assertThat(answer.statusCode()).isEqualTo(422);
        assertThat(Json.parse(answer.body()).path("message").asText()).contains("should match '^(a+)+$'");
    }

    @ParameterizedTest
    @ValueSource(ints = {2_000, 100_000})
    void aBodyNestedTooDeeplyIsRefused(int depth) throws Exception {
        HttpResponse<String> answer = server.send(
                LiveServer.ADMIN,
                "POST",
                "/api/v1/namespaces/default/configmaps",
                "{\"a\":".repeat(depth) + "1" + "}".repeat(depth),
                "Content-Type",
                "application/json");
        assertThat(answer.statusCode()).isEqualTo(400);
    }

    @Test
    void aSchemaNestedVeryDeeplyIsTakenOrRefusedButNeverAnError() throws Exception {
        String schema =
                "{\"type\":\"object\",\"properties\":{\"a\":".repeat(300) + "{\"type\":\"string\"}" + "}}".repeat(300);
        HttpResponse<String> answer = server.send(LiveServer.ADMIN, "POST", DEFINITIONS, definition("deep", schema));
        assertThat(answer.statusCode()).isIn(201, 400, 422);
        // The definition is served, and the server is well.
        Awaitility.await()
                .until(() ->
                        server.send(LiveServer.ADMIN, "GET", "/readyz", null).statusCode() == 200);
    }
}
