package io.jubernetes.apiserver.authz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import io.jubernetes.apiserver.authz.Authorizer.Attributes;
import io.jubernetes.apiserver.authz.Authorizer.Verdict;
import io.jubernetes.apiserver.request.RequestInfo;
import io.jubernetes.apiserver.request.UserInfo;
import io.jubernetes.apiserver.storage.MutableClock;
import io.jubernetes.common.codec.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a webhook is asked, how its answers count, and for how long.
class WebhookAuthorizerTest {
    @TempDir
    Path folder;

    private final List<JsonNode> asked = new CopyOnWriteArrayList<>();
    private final MutableClock clock = new MutableClock();
    private HttpServer webhook;
    private volatile int status = 200;

    @BeforeEach
    void start() throws IOException {
        webhook = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        webhook.createContext("/", exchange -> {
            JsonNode review = Json.read(exchange.getRequestBody().readAllBytes());
            asked.add(review);
            String user = review.at("/spec/user").asText();
            String answer = "{\"status\":{\"allowed\":" + user.equals("ann") + ",\"denied\":" + user.equals("eve")
                    + ",\"reason\":\"because\"}}";
            byte[] body = answer.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        webhook.start();
    }

    @AfterEach
    void stop() {
        webhook.stop(0);
    }

    private Authorizer authorizer(String policy, String conditions) throws IOException {
        Path kubeconfig = folder.resolve("webhook.yaml");
        Files.writeString(
                kubeconfig,
                "{current-context: c, contexts: [{name: c, context: {cluster: k}}], clusters: [{name: k, cluster:"
                        + " {server: 'http://127.0.0.1:" + webhook.getAddress().getPort() + "/'}}]}");
        String yaml = "{kind: AuthorizationConfiguration, apiVersion: apiserver.config.k8s.io/v1, authorizers: [{type:"
                + " Webhook, name: w, webhook: {timeout: 5s, failurePolicy: " + policy
                + ", connectionInfo: {type: KubeConfigFile, kubeConfigFile: '" + kubeconfig + "'}, matchConditions: ["
                + conditions + "]}}]}";
        return AuthorizationConfiguration.parse(
                        yaml.getBytes(StandardCharsets.UTF_8), _ -> Authorizer.ALWAYS_DENY, clock)
                .getFirst();
    }

    private static Attributes request(String user) {
        return Attributes.of(
                new UserInfo(user, "", List.of("dev"), Map.of()),
                RequestInfo.of("GET", "/api/v1/namespaces/a/pods/p", Map.of()));
    }

    @Test
    void answersCountAndAreKeptForAWhile() throws IOException {
        Authorizer authorizer = authorizer("Deny", "");
        assertThat(authorizer.authorize(request("ann")).verdict()).isEqualTo(Verdict.ALLOW);
        assertThat(authorizer.authorize(request("eve")).verdict()).isEqualTo(Verdict.DENY);
        assertThat(authorizer.authorize(request("bob")).verdict()).isEqualTo(Verdict.NO_OPINION);
        assertThat(asked.getFirst().at("/spec/resourceAttributes/resource").asText())
                .isEqualTo("pods");
        assertThat(asked.getFirst().at("/spec/resourceAttributes/verb").asText())
                .isEqualTo("get");
        clock.advance(Duration.ofSeconds(40));
        assertThat(authorizer.authorize(request("ann")).allowed()).isTrue();
        assertThat(asked).hasSize(3);
        assertThat(authorizer.authorize(request("bob")).allowed()).isFalse();
        assertThat(asked).hasSize(4);
    }

    @Test
    void onlyWhatTheConditionsNameIsAsked() throws IOException {
        Authorizer authorizer = authorizer(
                "Deny", "{expression: \"'dev' in request.groups\"}, {expression: \"request.user != 'ann'\"}");
        assertThat(authorizer.authorize(request("ann")).verdict()).isEqualTo(Verdict.NO_OPINION);
        assertThat(asked).isEmpty();
        assertThat(authorizer.authorize(request("eve")).verdict()).isEqualTo(Verdict.DENY);
        assertThatThrownBy(() -> authorizer("Deny", "{expression: 'request.('}"))
                .hasMessageContaining("compilation failed");
    }

    @Test
    void aFailureIsARefusalOrNoOpinion() throws IOException {
        status = 500;
        assertThat(authorizer("Deny", "").authorize(request("ann")).verdict()).isEqualTo(Verdict.DENY);
        assertThat(authorizer("NoOpinion", "").authorize(request("ann")).verdict())
                .isEqualTo(Verdict.NO_OPINION);
    }
}
