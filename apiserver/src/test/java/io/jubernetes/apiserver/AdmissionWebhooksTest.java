package io.jubernetes.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.RunningApiServer.Answer;
import io.jubernetes.apiserver.testing.WebhookServer;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.component.StartupException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Admission webhooks as an operator meets them: a real API server, and a webhook server over TLS
/// that behaves well or badly.
class AdmissionWebhooksTest {
    private static final String CONFIGURATIONS = "/apis/admissionregistration.k8s.io/v1/";
    private static final AtomicInteger COUNTER = new AtomicInteger();

    @TempDir
    static Path folder;

    private static RunningApiServer server;
    private static WebhookServer webhooks;
    private static WebhookServer stranger;
    private static WebhookServer elsewhere;

    /// Of this test alone: its namespace, and the start of its paths.
    private String id = "";

    private final java.util.List<String> configured = new java.util.ArrayList<>();

    @BeforeAll
    static void start() throws IOException, StartupException, GeneralSecurityException {
        server = RunningApiServer.start(folder);
        webhooks = WebhookServer.start();
        stranger = WebhookServer.start();
        elsewhere = WebhookServer.startAs("elsewhere.example");
    }

    @AfterAll
    static void stop() {
        webhooks.close();
        stranger.close();
        elsewhere.close();
        server.close();
    }

    @BeforeEach
    void namespace(TestInfo test) {
        id = "t" + COUNTER.incrementAndGet();
        server.create(
                "/api/v1/namespaces",
                "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"" + id + "\"}}");
    }

    @AfterEach
    void unconfigure() {
        configured.forEach(server::delete);
    }

    private String path(String name) {
        return "/" + id + "/" + name;
    }

    /// Puts a webhook into effect for the config maps of this test's namespace.
    private void configure(String sort, String name, String client, String more) {
        String plural = sort.toLowerCase(java.util.Locale.ROOT) + "webhookconfigurations";
        server.create(CONFIGURATIONS + plural, """
                {"apiVersion":"admissionregistration.k8s.io/v1","kind":"%sWebhookConfiguration","metadata":{"name":"%s"},
                 "webhooks":[{"name":"%s.example.com","clientConfig":%s,"sideEffects":"None","admissionReviewVersions":["v1"],
                  "namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"%s"}},"timeoutSeconds":2,
                  "rules":[{"apiGroups":[""],"apiVersions":["v1"],"operations":["*"],"resources":["configmaps"]}]%s}]}
                """.formatted(
                        sort, id + "-" + name, name + "." + id, client, id, more.isEmpty() ? "" : "," + more));
        configured.add(CONFIGURATIONS + plural + "/" + id + "-" + name);
    }

    private Answer createMap(String name) {
        return server.post(
                "/api/v1/namespaces/" + id + "/configmaps",
                "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"" + name + "\"}}");
    }

    /// Waits until a configuration has reached the caches: a name that the webhook refuses is refused.
    private void untilRefused(String name) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> createMap(name).status() >= 400);
    }

    @Test
    void mutatingWebhooksSeeWhatThoseBeforeThemHaveMade() {
        webhooks.answer(
                path("a"),
                review -> WebhookServer.patch(
                        review, "[{\"op\":\"add\",\"path\":\"/metadata/labels\",\"value\":{\"first\":\"yes\"}}]"));
        webhooks.answer(path("b"), review -> {
            boolean seen =
                    review.at("/request/object/metadata/labels/first").asText().equals("yes");
            return WebhookServer.patch(
                    review, "[{\"op\":\"add\",\"path\":\"/data\",\"value\":{\"second\":\"" + seen + "\"}}]");
        });
        configure("Mutating", "b", webhooks.client(path("b")), "");
        configure("Mutating", "a", webhooks.client(path("a")), "\"reinvocationPolicy\":\"IfNeeded\"");
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> createMap("probe-" + System.nanoTime())
                        .body()
                        .at("/data/second")
                        .asText()
                        .equals("true"));
        int before = webhooks.reviews(path("a")).size();
        assertThat(createMap("m").body().path("data").toString()).isEqualTo("{\"second\":\"true\"}");
        // The first webhook is asked again, as the second has changed something after it; the second is not.
        assertThat(webhooks.reviews(path("a"))).hasSize(before + 2);
        JsonNode request = webhooks.reviews(path("b")).getLast().path("request");
        assertThat(request.path("operation").asText()).isEqualTo("CREATE");
        assertThat(request.path("namespace").asText()).isEqualTo(id);
        assertThat(request.at("/userInfo/username").asText()).isEqualTo("admin");
        assertThat(request.at("/requestKind/kind").asText()).isEqualTo("ConfigMap");
        assertThat(request.at("/options/kind").asText()).isEqualTo("CreateOptions");
        assertThat(request.path("oldObject").isNull()).isTrue();
    }

    @Test
    void aRefusalCarriesTheWebhooksOwnWords() {
        webhooks.answer(
                path("v"),
                review -> review.at("/request/name").asText().startsWith("bad")
                        ? WebhookServer.review(
                                review,
                                "{\"allowed\":false,\"warnings\":[\"mind it\"],\"status\":{\"code\":418,"
                                        + "\"message\":\"no tea\",\"reason\":\"Teapot\"}}")
                        : WebhookServer.review(review, "{\"allowed\":true,\"warnings\":[\"careful\"]}"));
        configure("Validating", "v", webhooks.client(path("v")), "");
        untilRefused("bad-0");
        Answer refused = createMap("bad");
        assertThat(refused.status()).isEqualTo(418);
        assertThat(refused.message())
                .isEqualTo("admission webhook \"v." + id + ".example.com\" denied the request: no tea");
        assertThat(refused.body().path("reason").asText()).isEqualTo("Teapot");
        Answer allowed = createMap("good");
        assertThat(allowed.status()).isEqualTo(201);
        assertThat(allowed.warnings()).containsExactly("299 - \"careful\"");
        server.delete("/api/v1/namespaces/" + id + "/configmaps/good");
        JsonNode deletion = webhooks.reviews(path("v")).getLast().path("request");
        assertThat(deletion.path("operation").asText()).isEqualTo("DELETE");
        assertThat(deletion.path("object").isNull()).isTrue();
        assertThat(deletion.at("/oldObject/metadata/name").asText()).isEqualTo("good");
    }

    record Misbehaviour(String name, String message, java.util.function.BiFunction<String, String, String> setUp) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Misbehaviour answers(
            String name, String message, java.util.function.Function<JsonNode, byte[]> answer) {
        return new Misbehaviour(name, message, (path, _) -> {
            webhooks.raw(path, 200, answer);
            return webhooks.client(path);
        });
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static Stream<Misbehaviour> misbehaviours() {
        return Stream.of(
                new Misbehaviour("hangs", "context deadline exceeded", (path, _) -> {
                    webhooks.hang(path, false);
                    return webhooks.client(path);
                }),
                new Misbehaviour("stops in the middle of its answer", "context deadline exceeded", (path, _) -> {
                    webhooks.hang(path, true);
                    return webhooks.client(path);
                }),
                answers("garbage", "couldn't get version/kind; json parse error", _ -> bytes("<html>")),
                answers("nothing", "webhook response was absent", _ -> bytes("{}")),
                answers("no end", "body exceeds capacity", _ -> bytes("\"" + "x".repeat(10 << 20) + "\"")),
                answers(
                        "another question's answer",
                        "expected response.uid=",
                        _ -> bytes("{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1\","
                                + "\"response\":{\"uid\":\"x\",\"allowed\":true}}")),
                answers(
                        "another version",
                        "expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got /v7, Kind=Review",
                        review -> Json.bytes(((com.fasterxml.jackson.databind.node.ObjectNode)
                                        WebhookServer.review(review, "{\"allowed\":true}"))
                                .put("kind", "Review")
                                .put("apiVersion", "v7"))),
                answers(
                        "a patch from one that may not change anything",
                        "validating webhook may not return response.patch",
                        review -> Json.bytes(WebhookServer.patch(review, "[]"))),
                new Misbehaviour("an error", "an error on the server (\"oh dear\")", (path, _) -> {
                    webhooks.raw(path, 500, _ -> bytes("oh dear"));
                    return webhooks.client(path);
                }),
                new Misbehaviour(
                        "no such path",
                        "the server could not find the requested resource",
                        (path, _) -> webhooks.client(path + "/nowhere")),
                new Misbehaviour(
                        "nobody listens",
                        "connect: connection refused",
                        (_, _) -> "{\"url\":\"https://127.0.0.1:1/x\"}"),
                new Misbehaviour(
                        "another authority's certificate",
                        "x509: certificate signed by unknown authority",
                        (path, _) ->
                                "{\"url\":\"" + stranger.url(path) + "\",\"caBundle\":\"" + webhooks.bundle() + "\"}"),
                new Misbehaviour(
                        "another server's certificate",
                        "x509: certificate is valid for elsewhere.example, not 127.0.0.1",
                        (path, _) -> elsewhere.client(path)),
                new Misbehaviour(
                        "no such service",
                        "?timeout=2s\": service \"gone\" not found",
                        (_, namespace) -> "{\"service\":{\"name\":\"gone\",\"namespace\":\"" + namespace + "\"}}"));
    }

    @ParameterizedTest
    @MethodSource("misbehaviours")
    void aWebhookThatMisbehavesRefusesOrNotAsItsPolicySays(Misbehaviour bad) {
        String client = bad.setUp().apply(path("x"), id);
        configure("Validating", "x", client, "\"objectSelector\":{}");
        untilRefused("probe");
        Answer refused = createMap("a");
        assertThat(refused.status()).isEqualTo(500);
        assertThat(refused.message())
                .startsWith("Internal error occurred: failed calling webhook \"x." + id + ".example.com\": ")
                .contains(bad.message());
        server.send(
                "PATCH",
                configured.getFirst(),
                "application/json-patch+json",
                "[{\"op\":\"replace\",\"path\":\"/webhooks/0/failurePolicy\",\"value\":\"Ignore\"}]");
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> createMap("a").status() != 500);
        assertThat(server.get("/api/v1/namespaces/" + id + "/configmaps/a").status())
                .isEqualTo(200);
    }

    @Test
    void conditionsKeepRequestsFromAWebhook() {
        webhooks.answer(path("c"), review -> WebhookServer.review(review, "{\"allowed\":false}"));
        configure(
                "Validating",
                "c",
                webhooks.client(path("c")),
                "\"matchConditions\":[{\"name\":\"n\",\"expression\":\"object.metadata.name.startsWith('bad')\"},"
                        + "{\"name\":\"u\",\"expression\":\"request.userInfo.username == 'admin'"
                        + " && authorizer.requestResource.check('get').allowed()\"}]");
        untilRefused("bad-0");
        assertThat(createMap("good").status()).isEqualTo(201);
        Answer refused = createMap("bad");
        assertThat(refused.message())
                .isEqualTo("admission webhook \"c." + id + ".example.com\" denied the request without explanation");
        assertThat(refused.status()).isEqualTo(400);
    }

    @Test
    void aConditionWithoutAValueRefusesUnlessItIsIgnored() {
        configure(
                "Validating",
                "c",
                webhooks.client(path("c")),
                "\"matchConditions\":[{\"name\":\"n\",\"expression\":\"object.data.size() > 0\"}]");
        untilRefused("a");
        Answer refused = createMap("a");
        assertThat(refused.status()).isEqualTo(403);
        assertThat(refused.message())
                .isEqualTo("configmaps \"a\" is forbidden: expression 'object.data.size() > 0' resulted in error:"
                        + " no such key: data");
        assertThat(webhooks.reviews(path("c"))).isEmpty();
    }

    @Test
    void aWebhookSeesTheVersionItsRulesName() {
        webhooks.answer(path("e"), review -> WebhookServer.review(review, "{\"allowed\":false}"));
        configure(
                "Validating",
                "e",
                webhooks.client(path("e")),
                "\"rules\":[{\"apiGroups\":[\"autoscaling\"],\"apiVersions\":[\"v1\"],\"operations\":[\"CREATE\"],"
                        + "\"resources\":[\"horizontalpodautoscalers\"]}]");
        String body = "{\"apiVersion\":\"autoscaling/v2\",\"kind\":\"HorizontalPodAutoscaler\",\"metadata\":{\"name\":"
                + "\"h\"},\"spec\":{\"maxReplicas\":3,\"scaleTargetRef\":{\"kind\":\"Deployment\",\"name\":\"d\","
                + "\"apiVersion\":\"apps/v1\"}}}";
        String path = "/apis/autoscaling/v2/namespaces/" + id + "/horizontalpodautoscalers?dryRun=All";
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> server.post(path, body).status() == 400);
        JsonNode request = webhooks.reviews(path("e")).getLast().path("request");
        assertThat(request.at("/object/apiVersion").asText()).isEqualTo("autoscaling/v1");
        assertThat(request.at("/kind/version").asText()).isEqualTo("v1");
        assertThat(request.at("/requestKind/version").asText()).isEqualTo("v2");
        assertThat(request.path("dryRun").asBoolean()).isTrue();
    }

    private String rules(String group, String resource, String operation) {
        return "\"rules\":[{\"apiGroups\":[\"" + group + "\"],\"apiVersions\":[\"*\"],\"operations\":[\"" + operation
                + "\"],\"resources\":[\"" + resource + "\"]}]";
    }

    @Test
    void scalingIsSeenAsAScale() {
        server.create(
                "/apis/apps/v1/namespaces/" + id + "/deployments",
                "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"d\"},\"spec\":{\"replicas\":1,"
                        + "\"selector\":{\"matchLabels\":{\"a\":\"b\"}},\"template\":{\"metadata\":{\"labels\":{\"a\":\"b\"}},"
                        + "\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}}}");
        webhooks.answer(
                path("s"),
                review -> review.at("/request/object/spec/replicas").asInt() > 5
                        ? WebhookServer.patch(review, "[{\"op\":\"replace\",\"path\":\"/spec/replicas\",\"value\":5}]")
                        : WebhookServer.review(review, "{\"allowed\":true}"));
        configure("Mutating", "s", webhooks.client(path("s")), rules("apps", "deployments/scale", "UPDATE"));
        String scale = "/apis/apps/v1/namespaces/" + id + "/deployments/d/scale";
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> server.merge(scale, "{\"spec\":{\"replicas\":9}}")
                                .body()
                                .at("/spec/replicas")
                                .asInt()
                        == 5);
        JsonNode request = webhooks.reviews(path("s")).getLast().path("request");
        assertThat(request.at("/kind/kind").asText()).isEqualTo("Scale");
        assertThat(request.at("/object/apiVersion").asText()).isEqualTo("autoscaling/v1");
        assertThat(request.path("subResource").asText()).isEqualTo("scale");
    }

    @Test
    void connectingToAPodCanBeRefused() {
        webhooks.answer(path("x"), review -> WebhookServer.review(review, "{\"allowed\":false}"));
        configure("Validating", "x", webhooks.client(path("x")), rules("", "pods/exec", "CONNECT"));
        String exec = "/api/v1/namespaces/" + id + "/pods/p/exec?command=sh&command=-c&stdin=true";
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> server.post(exec, "").status() == 400
                        && !webhooks.reviews(path("x")).isEmpty());
        JsonNode object = webhooks.reviews(path("x")).getLast().at("/request/object");
        assertThat(object.toString())
                .isEqualTo("{\"kind\":\"PodExecOptions\",\"apiVersion\":\"v1\",\"stdin\":true,"
                        + "\"command\":[\"sh\",\"-c\"]}");
    }

    @Test
    void bindingAPodIsSeenAsABinding() {
        server.create(
                "/api/v1/namespaces/" + id + "/serviceaccounts",
                "{\"apiVersion\":\"v1\",\"kind\":\"ServiceAccount\",\"metadata\":{\"name\":\"default\"}}");
        server.create(
                "/api/v1/namespaces/" + id + "/pods",
                "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\"},\"spec\":{\"containers\":[{\"name\":"
                        + "\"c\",\"image\":\"i\"}]}}");
        webhooks.answer(path("b"), review -> WebhookServer.review(review, "{\"allowed\":false}"));
        configure("Validating", "b", webhooks.client(path("b")), rules("", "pods/binding", "*"));
        String binding =
                "{\"apiVersion\":\"v1\",\"kind\":\"Binding\",\"metadata\":{\"name\":\"p\"},\"target\":{\"kind\":"
                        + "\"Node\",\"name\":\"n\"}}";
        String path = "/api/v1/namespaces/" + id + "/pods/p/binding?dryRun=All";
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> server.post(path, binding).status() == 400);
        JsonNode request = webhooks.reviews(path("b")).getLast().path("request");
        assertThat(request.path("operation").asText()).isEqualTo("CREATE");
        assertThat(request.at("/object/target/name").asText()).isEqualTo("n");
    }

    @Test
    void whatWebhooksDoIsCounted() throws IOException, InterruptedException {
        webhooks.answer(path("m"), review -> WebhookServer.review(review, "{\"allowed\":false}"));
        configure("Validating", "m", webhooks.client(path("m")), "");
        untilRefused("a");
        List<String> lines = server.text("/metrics")
                .lines()
                .filter(line -> line.contains("m." + id + ".example.com"))
                .toList();
        assertThat(lines)
                .anyMatch(line -> line.startsWith("apiserver_admission_webhook_request_total{"))
                .anyMatch(line -> line.startsWith("apiserver_admission_webhook_rejection_count{")
                        && line.contains("error_type=\"no_error\""))
                .anyMatch(line -> line.startsWith("apiserver_admission_webhook_admission_duration_seconds_bucket{"))
                .anyMatch(line -> line.startsWith("apiserver_webhook_circuit_breaker_state{") && line.endsWith(" 0.0"));
    }

    @Test
    void aConfigurationIsNeverPutToAWebhook() {
        webhooks.answer(path("n"), review -> WebhookServer.review(review, "{\"allowed\":false}"));
        server.create(
                CONFIGURATIONS + "validatingwebhookconfigurations", """
                {"apiVersion":"admissionregistration.k8s.io/v1","kind":"ValidatingWebhookConfiguration",
                 "metadata":{"name":"%s-all"},"webhooks":[{"name":"all.%s.example.com","clientConfig":%s,
                  "sideEffects":"None","admissionReviewVersions":["v1"],
                  "rules":[{"apiGroups":["admissionregistration.k8s.io"],"apiVersions":["*"],"operations":["*"],
                  "resources":["*/*"]}]}]}
                """.formatted(id, id, webhooks.client(path("n"))));
        assertThat(server.delete(CONFIGURATIONS + "validatingwebhookconfigurations/" + id + "-all")
                        .status())
                .isEqualTo(200);
        assertThat(webhooks.reviews(path("n"))).isEmpty();
    }

    @Test
    void aWebhookForEverythingDoesNotKeepTheServerFromStarting(@TempDir Path own)
            throws IOException, StartupException, GeneralSecurityException {
        String all = """
                {"apiVersion":"admissionregistration.k8s.io/v1","kind":"ValidatingWebhookConfiguration",
                 "metadata":{"name":"all"},"webhooks":[{"name":"all.example.com","clientConfig":{"url":"https://127.0.0.1:1/"},
                  "sideEffects":"None","admissionReviewVersions":["v1"],
                  "rules":[{"apiGroups":["*"],"apiVersions":["*"],"operations":["*"],"resources":["*/*"]}]}]}
                """;
        String role = "/apis/rbac.authorization.k8s.io/v1/clusterroles/view";
        try (RunningApiServer first = RunningApiServer.start(own)) {
            first.delete(role);
            first.create(CONFIGURATIONS + "validatingwebhookconfigurations", all);
        }
        try (RunningApiServer second = RunningApiServer.start(own)) {
            assertThat(second.get(role).status()).isEqualTo(200);
        }
    }

    private void define(String client) {
        String group = id + ".example.com";
        String schema = "{\"openAPIV3Schema\":{\"type\":\"object\",\"properties\":{\"spec\":{\"type\":\"object\","
                + "\"x-kubernetes-preserve-unknown-fields\":true}}}}";
        server.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", """
                {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"cups.%s"},
                 "spec":{"group":"%s","scope":"Namespaced","names":{"plural":"cups","singular":"cup","kind":"Cup","listKind":"CupList"},
                  "versions":[{"name":"v1","served":true,"storage":true,"schema":%s},{"name":"v2","served":true,"storage":false,"schema":%s}],
                  "conversion":{"strategy":"Webhook","webhook":{"conversionReviewVersions":["v1"],"clientConfig":%s}}}}
                """.formatted(
                        group, group, schema, schema, client));
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> server.get("/apis/" + group + "/v1").status() == 200);
        server.create(
                "/apis/" + group + "/v1/namespaces/" + id + "/cups",
                "{\"apiVersion\":\"" + group
                        + "/v1\",\"kind\":\"Cup\",\"metadata\":{\"name\":\"c\"},\"spec\":{\"size\":3}}");
    }

    private Answer converted() {
        return server.get("/apis/" + id + ".example.com/v2/namespaces/" + id + "/cups/c");
    }

    private static JsonNode conversion(JsonNode review, String response) {
        var answer = Json.object().put("kind", "ConversionReview").put("apiVersion", "apiextensions.k8s.io/v1");
        var body = answer.putObject("response")
                .put("uid", review.at("/request/uid").asText());
        body.setAll((com.fasterxml.jackson.databind.node.ObjectNode) Json.parse(response));
        return answer;
    }

    @Test
    void aConversionWebhookConverts() {
        webhooks.answer(path("conv"), review -> {
            var answer = conversion(review, "{\"result\":{\"status\":\"Success\"}}");
            var objects = ((com.fasterxml.jackson.databind.node.ObjectNode) answer.path("response"))
                    .putArray("convertedObjects");
            review.at("/request/objects").forEach(object -> {
                com.fasterxml.jackson.databind.node.ObjectNode copy = object.deepCopy();
                copy.put("apiVersion", review.at("/request/desiredAPIVersion").asText());
                ((com.fasterxml.jackson.databind.node.ObjectNode) copy.path("spec"))
                        .put("litres", object.at("/spec/size").asInt());
                objects.add(copy);
            });
            return answer;
        });
        define(webhooks.client(path("conv")));
        Answer answer = converted();
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.body().at("/spec/litres").asInt()).isEqualTo(3);
        assertThat(answer.body().path("apiVersion").asText()).endsWith("/v2");
    }

    static Stream<Misbehaviour> badConversions() {
        return Stream.of(
                answers("garbage", "json parse error", _ -> bytes("nonsense")),
                answers("another question's answer", "expected response.uid=", _ -> bytes("{\"response\":{}}")),
                answers(
                        "too few objects",
                        "returned 0 objects, expected 1",
                        review -> Json.bytes(conversion(review, "{\"result\":{\"status\":\"Success\"}}"))),
                answers(
                        "a refusal",
                        "failed: not today",
                        review -> Json.bytes(
                                conversion(review, "{\"result\":{\"status\":\"Failure\",\"message\":\"not today\"}}"))),
                new Misbehaviour(
                        "another authority's certificate",
                        "x509: certificate signed by unknown authority",
                        (path, _) ->
                                "{\"url\":\"" + stranger.url(path) + "\",\"caBundle\":\"" + webhooks.bundle() + "\"}"));
    }

    @ParameterizedTest
    @MethodSource("badConversions")
    void whatAConversionWebhookGetsWrongIsTold(Misbehaviour bad) {
        define(bad.setUp().apply(path("conv"), id));
        Answer answer = converted();
        assertThat(answer.status()).isEqualTo(500);
        assertThat(answer.message())
                .startsWith("conversion webhook for " + id + ".example.com/v1, Kind=Cup ")
                .contains(bad.message());
    }
}
