package io.jubernetes.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.testing.WebhookServer;
import io.jubernetes.common.component.StartupException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A real server with few seats, and a user whose requests take long: one level is full, all others go on.
class FlowControlTest {
    private static final String GROUP = "/apis/flowcontrol.apiserver.k8s.io/v1/";
    private static final String MAPS = "/api/v1/namespaces/default/configmaps";
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    Path folder;

    private WebhookServer webhooks;
    /// What the webhook waits for before it lets a config map be made.
    private final CountDownLatch done = new CountDownLatch(1);

    @BeforeEach
    void open() throws IOException, GeneralSecurityException {
        webhooks = WebhookServer.start();
        webhooks.answer("/slow", review -> {
            try {
                assertThat(done.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return WebhookServer.review(review, "{\"allowed\":true}");
        });
    }

    @AfterEach
    void close() {
        done.countDown();
        webhooks.close();
    }

    /// A server on which jane may do everything, and making config maps takes long.
    private RunningApiServer server(String... flags) throws IOException, StartupException, GeneralSecurityException {
        RunningApiServer server = RunningApiServer.start(folder, flags);
        server.create("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", """
                {"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding","metadata":{"name":"people"},
                 "roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"cluster-admin"},
                 "subjects":[{"apiGroup":"rbac.authorization.k8s.io","kind":"Group","name":"people"}]}""");
        server.create("/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", """
                {"apiVersion":"admissionregistration.k8s.io/v1","kind":"ValidatingWebhookConfiguration",
                 "metadata":{"name":"slow"},"webhooks":[{"name":"slow.example.com","clientConfig":%s,
                  "sideEffects":"None","admissionReviewVersions":["v1"],"timeoutSeconds":30,
                  "rules":[{"apiGroups":[""],"apiVersions":["v1"],"operations":["CREATE"],"resources":["configmaps"]}]}]}
                """.formatted(
                        webhooks.client("/slow")));
        return server;
    }

    private RunningApiServer serverWithNarrowLevel(String response)
            throws IOException, StartupException, GeneralSecurityException {
        RunningApiServer server = server("--max-requests-inflight=4", "--max-mutating-requests-inflight=2");
        server.create(GROUP + "prioritylevelconfigurations", """
                {"apiVersion":"flowcontrol.apiserver.k8s.io/v1","kind":"PriorityLevelConfiguration",
                 "metadata":{"name":"narrow"},"spec":{"type":"Limited","limited":{"nominalConcurrencyShares":1,
                  "borrowingLimitPercent":0,"limitResponse":%s}}}""".formatted(response));
        server.create(GROUP + "flowschemas", """
                {"apiVersion":"flowcontrol.apiserver.k8s.io/v1","kind":"FlowSchema","metadata":{"name":"jane"},
                 "spec":{"matchingPrecedence":50,"priorityLevelConfiguration":{"name":"narrow"},"rules":[{
                  "subjects":[{"kind":"User","user":{"name":"jane"}}],
                  "resourceRules":[{"verbs":["*"],"apiGroups":["*"],"resources":["*"],"namespaces":["*"],
                   "clusterScope":true}],
                  "nonResourceRules":[{"verbs":["*"],"nonResourceURLs":["*"]}]}]}}""");
        return server;
    }

    private static CompletableFuture<HttpResponse<String>> jane(
            RunningApiServer server, String method, String path, String body) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(server.address() + path))
                .timeout(PATIENCE)
                .header("Authorization", "Bearer other")
                .header("Content-Type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build();
        return server.client().sendAsync(request, BodyHandlers.ofString());
    }

    private static HttpResponse<String> janeGets(RunningApiServer server, String path) {
        return jane(server, "GET", path, "").join();
    }

    /// Jane makes a config map; the seat is taken when this returns.
    private static CompletableFuture<HttpResponse<String>> occupy(RunningApiServer server) {
        var slow = jane(
                server,
                "POST",
                MAPS,
                "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"slow\"}}");
        untilDump(server, "dump_requests?includeRequestDetails=1", "jane,", "create,");
        return slow;
    }

    private static void untilDump(RunningApiServer server, String page, String... texts) {
        Awaitility.await()
                .atMost(PATIENCE)
                .untilAsserted(() -> assertThat(server.text("/debug/api_priority_and_fairness/" + page))
                        .contains(texts));
    }

    private static String uid(RunningApiServer server, String path) {
        return server.get(GROUP + path).body().at("/metadata/uid").asText();
    }

    @Test
    void aFullLevelRefusesAndAllOthersGoOn()
            throws IOException, StartupException, GeneralSecurityException, InterruptedException {
        try (RunningApiServer server = serverWithNarrowLevel("{\"type\":\"Reject\"}")) {
            // A watch has its seat only until it has begun.
            HttpResponse<InputStream> watch = server.client()
                    .send(
                            HttpRequest.newBuilder(URI.create(server.address() + MAPS + "?watch=1"))
                                    .header("Authorization", "Bearer other")
                                    .build(),
                            BodyHandlers.ofInputStream());
            assertThat(watch.statusCode()).isEqualTo(200);
            Awaitility.await()
                    .atMost(PATIENCE)
                    .until(() -> janeGets(server, MAPS).statusCode() == 200);

            var slow = occupy(server);
            HttpResponse<String> refused = janeGets(server, MAPS);
            assertThat(refused.statusCode()).isEqualTo(429);
            assertThat(refused.body()).isEqualTo("Too many requests, please try again later.\n");
            assertThat(refused.headers().firstValue("Content-Type")).contains("text/plain; charset=utf-8");
            assertThat(refused.headers().firstValue("Retry-After")).contains("1");
            assertThat(refused.headers().firstValue("X-Kubernetes-PF-FlowSchema-UID"))
                    .contains(uid(server, "flowschemas/jane"));
            assertThat(refused.headers().firstValue("X-Kubernetes-PF-PriorityLevel-UID"))
                    .contains(uid(server, "prioritylevelconfigurations/narrow"));

            assertThat(server.get(MAPS).status()).isEqualTo(200);
            HttpRequest health = HttpRequest.newBuilder(URI.create(server.address() + "/healthz"))
                    .build();
            assertThat(server.client().send(health, BodyHandlers.ofString()).statusCode())
                    .isEqualTo(200);
            assertThat(server.text("/metrics"))
                    .containsPattern("apiserver_flowcontrol_rejected_requests_total\\{flow_schema=\"jane\","
                            + "priority_level=\"narrow\",reason=\"concurrency-limit\"\\} [1-9]")
                    .contains("apiserver_flowcontrol_current_executing_seats{flow_schema=\"jane\","
                            + "priority_level=\"narrow\"} 1");

            done.countDown();
            assertThat(slow.join().statusCode()).isEqualTo(201);
            assertThat(janeGets(server, MAPS).statusCode()).isEqualTo(200);
            watch.body().close();
        }
    }

    @Test
    void whatIsTooMuchWaitsInQueuesUntilItsTurnOrUntilItsClientIsGone()
            throws IOException, StartupException, GeneralSecurityException {
        try (RunningApiServer server = serverWithNarrowLevel(
                "{\"type\":\"Queue\",\"queuing\":{\"queues\":1,\"handSize\":1,\"queueLengthLimit\":1}}")) {
            var slow = occupy(server);
            var impatient = jane(server, "GET", MAPS, "");
            untilDump(server, "dump_requests", "jane,", "0001-01-01T00:00:00Z");
            assertThat(janeGets(server, MAPS).statusCode()).isEqualTo(429);
            impatient.cancel(true);
            untilWaiting(server, 0);

            var patient = jane(server, "GET", MAPS, "");
            untilWaiting(server, 1);
            // Nobody waits longer than a quarter of the time he has.
            assertThat(janeGets(server, "/version").statusCode()).isEqualTo(429);
            done.countDown();
            assertThat(slow.join().statusCode()).isEqualTo(201);
            assertThat(patient.join().statusCode()).isEqualTo(200);
            assertThat(janeGets(server, MAPS + "?timeout=8s").statusCode()).isEqualTo(200);
            Awaitility.await()
                    .atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(server.text("/metrics"))
                            .contains("priority_level=\"narrow\",reason=\"cancelled\"} 1.0")
                            .contains("priority_level=\"narrow\",reason=\"queue-full\"} 2.0")
                            .contains("apiserver_flowcontrol_current_limit_seats{priority_level=\"narrow\"} 1.0"));
        }
    }

    private static void untilWaiting(RunningApiServer server, int requests) {
        Awaitility.await()
                .atMost(PATIENCE)
                .untilAsserted(() -> assertThat(server.text("/metrics"))
                        .contains("apiserver_flowcontrol_current_inqueue_requests{flow_schema=\"jane\","
                                + "priority_level=\"narrow\"} " + requests));
    }

    @Test
    void aRequestWaitsAQuarterOfItsTime() throws IOException, StartupException, GeneralSecurityException {
        try (RunningApiServer server = serverWithNarrowLevel(
                "{\"type\":\"Queue\",\"queuing\":{\"queues\":1,\"handSize\":1,\"queueLengthLimit\":5}}")) {
            var slow = occupy(server);
            assertThat(janeGets(server, MAPS + "?timeout=2s").statusCode()).isEqualTo(429);
            assertThat(slow).isNotDone();
        }
    }

    @Test
    void objectsOfTheStartComeBackAndSchemasSayWhetherTheyDangle()
            throws IOException, StartupException, GeneralSecurityException {
        try (RunningApiServer server = server()) {
            server.create(GROUP + "flowschemas", """
                    {"apiVersion":"flowcontrol.apiserver.k8s.io/v1","kind":"FlowSchema","metadata":{"name":"lost"},
                     "spec":{"priorityLevelConfiguration":{"name":"nowhere"}}}""");
            untilCondition(server, "lost", "True", "NotFound", "but there is no such object");
            untilCondition(server, "global-default", "False", "Found", "and it exists");
            server.create(GROUP + "prioritylevelconfigurations", """
                    {"apiVersion":"flowcontrol.apiserver.k8s.io/v1","kind":"PriorityLevelConfiguration",
                     "metadata":{"name":"nowhere"},"spec":{"type":"Limited","limited":{"limitResponse":
                      {"type":"Reject"}}}}""");
            untilCondition(server, "lost", "False", "Found", "and it exists");
            RunningApiServer.Answer fixed = server.merge(
                    GROUP + "prioritylevelconfigurations/catch-all",
                    "{\"spec\":{\"limited\":{\"nominalConcurrencyShares\":6}}}");
            assertThat(fixed.status()).isEqualTo(422);
            assertThat(fixed.message())
                    .endsWith("spec: Invalid value: {\"Type\":\"Limited\",\"Limited\":{\"NominalConcurrencyShares\":6,"
                            + "\"LimitResponse\":{\"Type\":\"Reject\",\"Queuing\":null},\"LendablePercent\":0,"
                            + "\"BorrowingLimitPercent\":null},\"Exempt\":null}:"
                            + " spec of 'catch-all' must equal the fixed value");
            assertThat(server.merge(GROUP + "flowschemas/catch-all", "{\"spec\":{\"matchingPrecedence\":9}}")
                            .message())
                    .endsWith("spec of 'catch-all' must equal the fixed value");
            assertThat(server.merge(
                                    GROUP + "prioritylevelconfigurations/exempt",
                                    "{\"spec\":{\"exempt\":{\"nominalConcurrencyShares\":7}}}")
                            .status())
                    .isEqualTo(200);
            server.delete(GROUP + "flowschemas/probes");
            server.merge(
                    GROUP + "prioritylevelconfigurations/system",
                    "{\"spec\":{\"limited\":{\"nominalConcurrencyShares\":1}}}");
            server.merge(
                    GROUP + "prioritylevelconfigurations/node-high",
                    "{\"metadata\":{\"annotations\":{\"apf.kubernetes.io/autoupdate-spec\":\"false\"}},"
                            + "\"spec\":{\"limited\":{\"nominalConcurrencyShares\":1}}}");
        }
        try (RunningApiServer again = RunningApiServer.start(folder)) {
            assertThat(again.get(GROUP + "flowschemas/probes").status()).isEqualTo(200);
            assertThat(shares(again, "system")).isEqualTo(30);
            assertThat(shares(again, "node-high")).isEqualTo(1);
        }
    }

    private static int shares(RunningApiServer server, String level) {
        return server.get(GROUP + "prioritylevelconfigurations/" + level)
                .body()
                .at("/spec/limited/nominalConcurrencyShares")
                .asInt();
    }

    private static void untilCondition(
            RunningApiServer server, String schema, String status, String reason, String message) {
        Awaitility.await().atMost(PATIENCE).untilAsserted(() -> {
            JsonNode condition =
                    server.get(GROUP + "flowschemas/" + schema).body().at("/status/conditions/0");
            assertThat(condition.path("type").asText()).isEqualTo("Dangling");
            assertThat(condition.path("status").asText()).isEqualTo(status);
            assertThat(condition.path("reason").asText()).isEqualTo(reason);
            assertThat(condition.path("message").asText()).endsWith(message);
        });
    }

    @Test
    void withoutPriorityAndFairnessThereArePlainBounds()
            throws IOException, StartupException, GeneralSecurityException, InterruptedException {
        try (RunningApiServer server =
                server("--enable-priority-and-fairness=false", "--max-mutating-requests-inflight=1")) {
            var slow = jane(
                    server,
                    "POST",
                    MAPS,
                    "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"slow\"}}");
            Awaitility.await()
                    .atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(server.text("/metrics"))
                            .contains("apiserver_current_inflight_requests{request_kind=\"mutating\"} 1.0"));
            HttpResponse<String> refused =
                    jane(server, "DELETE", MAPS + "/other", "").join();
            assertThat(refused.statusCode()).isEqualTo(429);
            assertThat(refused.headers().firstValue("Retry-After")).contains("1");
            assertThat(refused.headers().firstValue("X-Kubernetes-PF-FlowSchema-UID"))
                    .isEmpty();
            assertThat(janeGets(server, MAPS).statusCode()).isEqualTo(200);
            assertThat(server.delete(MAPS + "/other").status()).isEqualTo(404); // an administrator always may
            assertThat(server.text("/debug/api_priority_and_fairness/dump_queues"))
                    .isEqualTo("404 page not found\n");
            done.countDown();
            assertThat(slow.join().statusCode()).isEqualTo(201);
        }
    }
}
