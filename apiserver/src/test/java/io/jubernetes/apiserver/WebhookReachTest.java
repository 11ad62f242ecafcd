package io.jubernetes.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import io.jubernetes.apiserver.RunningApiServer.Answer;
import io.jubernetes.apiserver.testing.WebhookServer;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What webhooks are asked about beside stored objects, and what they cannot spoil.
class WebhookReachTest {
    private static final String CONFIGURATIONS = "/apis/admissionregistration.k8s.io/v1/";
    private static final String REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

    @TempDir
    static Path folder;

    private static RunningApiServer server;
    private static WebhookServer webhooks;

    @BeforeAll
    static void start() throws Exception {
        server = RunningApiServer.start(folder);
        webhooks = WebhookServer.start();
    }

    @AfterAll
    static void stop() {
        webhooks.close();
        server.close();
    }

    private static void configure(String sort, String path, String group, String resource) {
        String plural = sort.equals("Mutating") ? "mutatingwebhookconfigurations" : "validatingwebhookconfigurations";
        server.create(CONFIGURATIONS + plural, """
                {"apiVersion":"admissionregistration.k8s.io/v1","kind":"%sWebhookConfiguration","metadata":{"name":"%s"},
                 "webhooks":[{"name":"%s.example.com","clientConfig":%s,"sideEffects":"None",
                  "admissionReviewVersions":["v1"],"timeoutSeconds":2,
                  "rules":[{"apiGroups":["%s"],"apiVersions":["v1"],"operations":["*"],"resources":["%s"]}]}]}
                """.formatted(
                        sort, resource, resource, webhooks.client(path), group, resource));
    }

    private static Answer ask() {
        return server.post(
                REVIEWS,
                "{\"apiVersion\":\"authorization.k8s.io/v1\",\"kind\":\"SelfSubjectAccessReview\",\"spec\":"
                        + "{\"resourceAttributes\":{\"verb\":\"list\",\"resource\":\"pods\"}}}");
    }

    @Test
    void reviewsGoThroughWebhooksButNotThroughPolicies() {
        server.create(CONFIGURATIONS + "validatingadmissionpolicies", """
                {"apiVersion":"admissionregistration.k8s.io/v1","kind":"ValidatingAdmissionPolicy",
                 "metadata":{"name":"nothing"},"spec":{"matchConstraints":{"resourceRules":[{"apiGroups":
                 ["authorization.k8s.io"],"apiVersions":["*"],"operations":["*"],"resources":["*"]}]},
                 "validations":[{"expression":"false"}]}}""");
        server.create(CONFIGURATIONS + "validatingadmissionpolicybindings", """
                {"apiVersion":"admissionregistration.k8s.io/v1","kind":"ValidatingAdmissionPolicyBinding",
                 "metadata":{"name":"nothing"},"spec":{"policyName":"nothing","validationActions":["Deny"]}}""");
        assertThat(ask().body().at("/status/allowed").asBoolean()).isTrue();
        webhooks.answer(
                "/review",
                review ->
                        WebhookServer.review(review, "{\"allowed\":false,\"status\":{\"message\":\"no questions\"}}"));
        configure("Validating", "/review", "authorization.k8s.io", "selfsubjectaccessreviews");
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> ask().message().endsWith("denied the request: no questions"));
        server.delete(CONFIGURATIONS + "validatingwebhookconfigurations/selfsubjectaccessreviews");
    }

    @Test
    void managedFieldsThatAWebhookHasSpoiltAreRestored() {
        webhooks.answer(
                "/spoil",
                review -> WebhookServer.patch(
                        review,
                        "[{\"op\":\"add\",\"path\":\"/metadata/managedFields\",\"value\":[{\"operation\":\"Guess\"}]}]"));
        configure("Mutating", "/spoil", "", "configmaps");
        Awaitility.await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
            Answer made = server.post(
                    "/api/v1/namespaces/default/configmaps?fieldManager=tester",
                    "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"generateName\":\"m-\"},"
                            + "\"data\":{\"a\":\"b\"}}");
            assertThat(made.status()).as(made.message()).isEqualTo(201);
            assertThat(made.warnings()).anyMatch(text -> text.contains("managedFields was in an invalid state"));
            assertThat(made.body().at("/metadata/managedFields/0/manager").asText())
                    .isEqualTo("tester");
        });
        server.delete(CONFIGURATIONS + "mutatingwebhookconfigurations/configmaps");
    }
}
