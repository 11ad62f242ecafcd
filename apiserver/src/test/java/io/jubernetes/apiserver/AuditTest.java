package io.jubernetes.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.pki.CertificateAuthority;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The audit log and webhook of a real server, event by event.
class AuditTest {
    private static final String POLICY = """
            apiVersion: audit.k8s.io/v1
            kind: Policy
            rules:
            - {level: None, users: [system:apiserver]}
            - {level: Metadata, resources: [{group: "", resources: [secrets]}]}
            - {level: RequestResponse, omitStages: [RequestReceived], omitManagedFields: true,
               resources: [{group: "", resources: [configmaps]}]}
            - {level: Request, nonResourceURLs: ["/api*"]}
            - {level: None}
            """;

    @TempDir
    Path folder;

    private static List<JsonNode> of(Stream<JsonNode> events, String uriStart) {
        return events.filter(event -> event.path("requestURI").asText().startsWith(uriStart))
                .toList();
    }

    private Stream<JsonNode> logged(Path log) throws IOException {
        return Files.readAllLines(log).stream().map(Json::parse);
    }

    @Test
    void eventsTellWhoAskedForWhatAndNoMoreThanThePolicySays()
            throws IOException, StartupException, GeneralSecurityException, InterruptedException {
        Path policy = folder.resolve("policy.yaml");
        Files.writeString(policy, POLICY);
        Path log = folder.resolve("audit.log");
        List<JsonNode> posted = new CopyOnWriteArrayList<>();
        var authority = CertificateAuthority.create("audit-ca", Clock.systemUTC());
        var sink = LiveServer.other(authority, "sink.example.com", exchange -> {
            Json.read(exchange.getRequestBody().readAllBytes()).path("items").forEach(posted::add);
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        Path kubeconfig = folder.resolve("sink.yaml");
        Files.writeString(
                kubeconfig,
                "{current-context: c, contexts: [{name: c, context: {cluster: k}}], clusters: [{name: k, cluster:"
                        + " {server: 'https://127.0.0.1:" + sink.getAddress().getPort()
                        + "/', tls-server-name: sink.example.com, certificate-authority-data: "
                        + Base64.getEncoder().encodeToString(authority.pem().getBytes(StandardCharsets.US_ASCII))
                        + "}}]}");
        try (LiveServer server = LiveServer.start(
                folder,
                "--audit-policy-file=" + policy,
                "--audit-log-path=" + log,
                "--audit-webhook-config-file=" + kubeconfig,
                "--audit-webhook-batch-max-wait=1s")) {
            server.create(
                    "/api/v1/namespaces/default/secrets",
                    "{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {password: hunter2}}");
            var answer = server.send(
                    LiveServer.ADMIN,
                    "POST",
                    "/api/v1/namespaces/default/configmaps",
                    "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {a: b}}",
                    "Audit-ID",
                    "my-own-id");
            assertThat(answer.headers().firstValue("Audit-ID")).contains("my-own-id");
            assertThat(server.send(LiveServer.JANE, "GET", "/api/v1/namespaces/default/secrets/s", null)
                            .statusCode())
                    .isEqualTo(403);
            assertThat(server.send("wrong", "GET", "/api/v1/namespaces/default/secrets", null)
                            .statusCode())
                    .isEqualTo(401);
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> of(posted.stream(), "/api/v1/namespaces/default/secrets")
                                    .size()
                            >= 5);
        } finally {
            sink.stop(0);
        }
        String whole = Files.readString(log);
        assertThat(whole).doesNotContain("hunter2").doesNotContain("aHVudGVyMg==");

        List<JsonNode> configMap = of(logged(log), "/api/v1/namespaces/default/configmaps");
        assertThat(configMap).hasSize(1);
        JsonNode written = configMap.getFirst();
        assertThat(written.path("stage").asText()).isEqualTo("ResponseComplete");
        assertThat(written.path("level").asText()).isEqualTo("RequestResponse");
        assertThat(written.path("auditID").asText()).isEqualTo("my-own-id");
        assertThat(written.path("verb").asText()).isEqualTo("create");
        assertThat(written.at("/user/username").asText()).isEqualTo("admin");
        assertThat(written.path("sourceIPs").path(0).asText()).isEqualTo("127.0.0.1");
        assertThat(written.at("/objectRef/resource").asText()).isEqualTo("configmaps");
        assertThat(written.at("/requestObject/data/a").asText()).isEqualTo("b");
        assertThat(written.at("/responseObject/metadata/name").asText()).isEqualTo("c");
        assertThat(written.at("/responseObject/metadata").has("managedFields")).isFalse();
        assertThat(written.at("/responseStatus/code").asInt()).isEqualTo(201);
        assertThat(written.path("annotations")
                        .path("authorization.k8s.io/decision")
                        .asText())
                .isEqualTo("allow");

        List<JsonNode> refused = of(logged(log), "/api/v1/namespaces/default/secrets/s");
        assertThat(refused)
                .extracting(event -> event.path("stage").asText())
                .containsExactly("RequestReceived", "ResponseComplete");
        assertThat(refused.getLast().at("/user/username").asText()).isEqualTo("jane");
        assertThat(refused.getLast().at("/responseStatus/reason").asText()).isEqualTo("Forbidden");
        assertThat(refused.getLast()
                        .path("annotations")
                        .path("authorization.k8s.io/decision")
                        .asText())
                .isEqualTo("forbid");
        assertThat(refused.getLast().has("requestObject")).isFalse();
        assertThat(of(posted.stream(), "/api/v1/namespaces/default/secrets/s")).hasSize(2);
    }

    @Test
    void aWatchIsWrittenDownWhenItBeginsAndWhenItEnds()
            throws IOException, StartupException, GeneralSecurityException, InterruptedException {
        Path policy = folder.resolve("policy.yaml");
        Files.writeString(policy, POLICY);
        Path log = folder.resolve("audit.log");
        try (LiveServer server = LiveServer.start(folder, "--audit-policy-file=" + policy, "--audit-log-path=" + log)) {
            var watch = server.send(
                    LiveServer.ADMIN, "GET", "/api/v1/namespaces/default/secrets?watch=true&timeoutSeconds=1", null);
            assertThat(watch.statusCode()).isEqualTo(200);
        }
        assertThat(of(logged(log), "/api/v1/namespaces/default/secrets?watch"))
                .extracting(event -> event.path("stage").asText())
                .containsExactly("RequestReceived", "ResponseStarted", "ResponseComplete");
    }
}
