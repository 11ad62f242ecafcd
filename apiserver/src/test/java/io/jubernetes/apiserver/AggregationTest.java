package io.jubernetes.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsServer;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.pki.CertificateAuthority;
import io.jubernetes.common.pki.CertificateRequest;
import io.jubernetes.common.pki.Pem;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Another API server behind this one: requests, who they are from, discovery, OpenAPI, and what happens when it fails.
class AggregationTest {
    private static final String SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices";
    private static final String GROUP = "tiny.example.com";
    private static final String RESOURCES = "{\"kind\":\"APIResourceList\",\"apiVersion\":\"v1\",\"groupVersion\":\""
            + GROUP + "/v1\",\"resources\":[{\"name\":\"things\",\"singularName\":\"thing\",\"namespaced\":true,"
            + "\"kind\":\"Thing\",\"verbs\":[\"get\",\"list\"],\"shortNames\":[\"th\"]},"
            + "{\"name\":\"things/status\",\"singularName\":\"\",\"namespaced\":true,\"kind\":\"Thing\","
            + "\"verbs\":[\"get\"]}]}";
    private static final String V2 = "{\"swagger\":\"2.0\",\"paths\":{\"/apis/" + GROUP + "/v1/things\":{\"get\":"
            + "{\"schema\":{\"$ref\":\"#/definitions/example.Thing\"}}},\"/version/\":{}},"
            + "\"definitions\":{\"example.Thing\":{\"type\":\"object\"},"
            + "\"io.k8s.api.core.v1.Pod\":{\"type\":\"string\"}}}";
    private static final String V3 = "{\"paths\":{\"apis/" + GROUP + "/v1\":{\"serverRelativeURL\":\"/openapi/v3/apis/"
            + GROUP + "/v1?hash=ABC\"}}}";

    @TempDir
    static Path folder;

    private static final AtomicBoolean FAILING = new AtomicBoolean();

    private static LiveServer server;
    private static HttpsServer tiny;

    @BeforeAll
    static void start() throws IOException, StartupException, GeneralSecurityException, InterruptedException {
        var authority = CertificateAuthority.create("tiny-ca", Clock.systemUTC());
        tiny = LiveServer.other(authority, "tiny.default.svc", AggregationTest::answer);
        var front = CertificateAuthority.create("front-ca", Clock.systemUTC());
        KeyPair keys = CertificateAuthority.newKeyPair();
        Path certificate = folder.resolve("front.crt");
        Path key = folder.resolve("front.key");
        Pem.writePublic(
                certificate, Pem.text(front.issue(CertificateRequest.client("front-proxy-client"), keys.getPublic())));
        Pem.writeSecret(key, Pem.text(keys.getPrivate()));
        server = LiveServer.start(folder, "--proxy-client-cert-file=" + certificate, "--proxy-client-key-file=" + key);
        String bundle = Base64.getEncoder().encodeToString(authority.pem().getBytes(StandardCharsets.US_ASCII));
        server.create(
                "/api/v1/namespaces/default/services",
                "{apiVersion: v1, kind: Service, metadata: {name: tiny}, spec: {type: ExternalName,"
                        + " externalName: localhost}}");
        server.create(SERVICES, apiService(GROUP, bundle));
        awaitReason(GROUP, "Passed");
    }

    @AfterAll
    static void stop() {
        tiny.stop(0);
        server.close();
    }

    private static String apiService(String group, String bundle) {
        return "{apiVersion: apiregistration.k8s.io/v1, kind: APIService, metadata: {name: v1." + group
                + "}, spec: {group: " + group + ", version: v1, groupPriorityMinimum: 100, versionPriority: 10,"
                + " caBundle: " + bundle + ", service: {name: tiny, namespace: default, port: "
                + tiny.getAddress().getPort() + "}}}";
    }

    private static void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        String text = switch (path) {
            case "/apis/" + GROUP + "/v1" -> RESOURCES;
            case "/openapi/v2" -> V2;
            case "/openapi/v3" -> V3;
            default ->
                "{\"path\":\"" + exchange.getRequestURI() + "\",\"method\":\"" + exchange.getRequestMethod()
                        + "\",\"peer\":\"" + peer(exchange) + "\",\"user\":\""
                        + exchange.getRequestHeaders().getFirst("X-Remote-User") + "\",\"groups\":\""
                        + exchange.getRequestHeaders().get("X-Remote-Group") + "\",\"extra\":\""
                        + exchange.getRequestHeaders().get("X-Remote-Extra-Scopes") + "\",\"authorization\":\""
                        + exchange.getRequestHeaders().getFirst("Authorization") + "\",\"body\":\""
                        + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8) + "\"}";
        };
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(FAILING.get() ? 500 : 200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private static String peer(HttpExchange exchange) {
        try {
            return ((HttpsExchange) exchange).getSSLSession().getPeerPrincipal().getName();
        } catch (SSLPeerUnverifiedException e) {
            return "none";
        }
    }

    private static void awaitReason(String group, String reason) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(40))
                .ignoreExceptions()
                .until(() -> condition(group).path("reason").asText("").equals(reason));
    }

    private static JsonNode condition(String group) throws IOException, InterruptedException {
        return server.get(SERVICES + "/v1." + group).at("/status/conditions/0");
    }

    @Test
    void requestsArePassedOnWithTheNameOfWhoAsks() throws IOException, InterruptedException {
        JsonNode told = server.get("/apis/" + GROUP + "/v1/namespaces/a/things?labelSelector=a%3Db");
        assertThat(told.path("path").asText())
                .isEqualTo("/apis/" + GROUP + "/v1/namespaces/a/things?labelSelector=a%3Db");
        assertThat(told.path("user").asText()).isEqualTo("admin");
        assertThat(told.path("groups").asText()).isEqualTo("[system:masters, system:authenticated]");
        assertThat(told.path("authorization").asText()).isEqualTo("null");
        assertThat(told.path("peer").asText()).isEqualTo("CN=front-proxy-client");
    }

    @Test
    void nobodyChoosesWhoTheyAre() throws IOException, InterruptedException {
        JsonNode told = server.get(
                "/apis/" + GROUP + "/v1/x",
                "X-Remote-User",
                "root",
                "X-Remote-Group",
                "wheel",
                "X-Remote-Extra-Scopes",
                "all");
        assertThat(told.path("user").asText()).isEqualTo("admin");
        assertThat(told.path("groups").asText()).doesNotContain("wheel");
        assertThat(told.path("extra").asText()).isEqualTo("null");
        JsonNode acting =
                server.get("/apis/" + GROUP + "/v1/x", "Impersonate-User", "jane", "Impersonate-Extra-Scopes", "some");
        // Whom the administrator acts as may nothing: it is refused here already.
        assertThat(acting.path("code").asInt()).isEqualTo(403);
    }

    @Test
    void writesTakeTheirBodyAlong() throws IOException, InterruptedException {
        HttpResponse<String> answer =
                server.send(LiveServer.ADMIN, "POST", "/apis/" + GROUP + "/v1/namespaces/a/things", "hello");
        assertThat(answer.body()).contains("\"method\":\"POST\"", "\"body\":\"hello\"");
    }

    @Test
    void discoveryShowsItsResources() throws IOException, InterruptedException {
        List<String> groups = server.get("/apis").path("groups").findValuesAsText("name");
        // Its priority is lower than that of any custom resource.
        assertThat(groups.subList(groups.indexOf("apps"), groups.size())).contains(GROUP);
        JsonNode aggregated =
                server.get("/apis", "Accept", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");
        JsonNode version = Json.object();
        for (JsonNode item : aggregated.path("items")) {
            if (item.at("/metadata/name").asText().equals(GROUP)) {
                version = item.at("/versions/0");
            }
        }
        assertThat(version.path("freshness").asText()).isEqualTo("Current");
        JsonNode things = version.at("/resources/0");
        assertThat(things.path("resource").asText()).isEqualTo("things");
        assertThat(things.path("scope").asText()).isEqualTo("Namespaced");
        assertThat(things.at("/responseKind/kind").asText()).isEqualTo("Thing");
        assertThat(things.at("/subresources/0/subresource").asText()).isEqualTo("status");
    }

    @Test
    void openApiShowsItsPathsAndKinds() throws IOException, InterruptedException {
        JsonNode v2 = server.get("/openapi/v2");
        assertThat(v2.path("paths").has("/apis/" + GROUP + "/v1/things")).isTrue();
        assertThat(v2.path("definitions").has("example.Thing")).isTrue();
        assertThat(v2.at("/definitions/io.k8s.api.core.v1.Pod/type").asText()).isEqualTo("object");
        assertThat(v2.at("/definitions/io.k8s.api.core.v1.Pod_v2/type").asText())
                .isEqualTo("string");
        JsonNode index = server.get("/openapi/v3");
        assertThat(index.path("paths")
                        .path("apis/" + GROUP + "/v1")
                        .path("serverRelativeURL")
                        .asText())
                .isEqualTo("/openapi/v3/apis/" + GROUP + "/v1?hash=ABC");
        assertThat(server.get("/openapi/v3/apis/" + GROUP + "/v1").path("user").asText())
                .isEqualTo("admin");
    }

    @Test
    void aServerWithAnotherCertificateIsNotBelieved()
            throws IOException, InterruptedException, GeneralSecurityException {
        var other = CertificateAuthority.create("other-ca", Clock.systemUTC());
        String bundle = Base64.getEncoder().encodeToString(other.pem().getBytes(StandardCharsets.US_ASCII));
        server.create(SERVICES, apiService("wrong.example.com", bundle));
        awaitReason("wrong.example.com", "FailedDiscoveryCheck");
        assertThat(condition("wrong.example.com").path("message").asText())
                .startsWith("failing or missing response from https://localhost:");
        assertThat(server.send(LiveServer.ADMIN, "GET", "/apis/wrong.example.com/v1", null)
                        .statusCode())
                .isEqualTo(503);
    }

    @Test
    void aServerThatFailsAtItsStartIsUnavailable() throws IOException, InterruptedException {
        FAILING.set(true);
        try {
            server.create(
                    SERVICES, apiService("late.example.com", "").replace("caBundle: ", "insecureSkipTLSVerify: true"));
            awaitReason("late.example.com", "FailedDiscoveryCheck");
            assertThat(condition("late.example.com").path("message").asText()).contains("bad status from", ": 500");
        } finally {
            FAILING.set(false);
        }
        awaitReason("late.example.com", "Passed");
    }

    @Test
    void versionsOfCustomResourcesAreRegisteredAndTakenBack() throws IOException, InterruptedException {
        String crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
        server.create(
                crds,
                "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata:"
                        + " {name: cups.tea.example.com}, spec: {group: tea.example.com, scope: Namespaced, names:"
                        + " {plural: cups, kind: Cup}, versions: [{name: v1, served: true, storage: true, schema:"
                        + " {openAPIV3Schema: {type: object}}}]}}");
        awaitReason("tea.example.com", "Local");
        assertThat(server.get(SERVICES + "/v1.tea.example.com").path("spec"))
                .isEqualTo(Json.parse("{\"group\":\"tea.example.com\",\"version\":\"v1\",\"groupPriorityMinimum\":1000,"
                        + "\"versionPriority\":100}"));
        var _ = server.send(LiveServer.ADMIN, "DELETE", crds + "/cups.tea.example.com", null)
                .statusCode();
        Awaitility.await()
                .atMost(Duration.ofSeconds(40))
                .until(() -> List.of(404)
                        .contains(server.send(LiveServer.ADMIN, "GET", SERVICES + "/v1.tea.example.com", null)
                                .statusCode()));
    }
}
