package io.jubernetes.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import io.jubernetes.apiserver.authz.Authorizer;
import io.jubernetes.apiserver.authz.Authorizer.Attributes;
import io.jubernetes.apiserver.configuration.ConfigurationFiles;
import io.jubernetes.apiserver.request.RequestInfo;
import io.jubernetes.apiserver.request.UserInfo;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/// Who is known, and who may, after the files that say so have changed.
class ConfigurationReloadTest {
    private static final String VERSION = "apiVersion: apiserver.config.k8s.io/v1, ";

    @TempDir
    Path folder;

    @Test
    void anonymousRequestsPassOnceTheFileSaysSo() throws Exception {
        Path file = folder.resolve("authentication.yaml");
        String start = "{" + VERSION + "kind: AuthenticationConfiguration, anonymous: {enabled: ";
        Files.writeString(file, start + "false}}");
        try (LiveServer server = LiveServer.start(folder, "--authentication-config=" + file)) {
            assertThat(server.send(null, "GET", "/version", null).statusCode()).isEqualTo(401);
            Files.writeString(file, start + "true, conditions: [{path: /version}]}}");
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> server.send(null, "GET", "/version", null).statusCode() == 200);
            assertThat(server.send(null, "GET", "/apis", null).statusCode()).isEqualTo(401);
            Files.writeString(file, "{kind: Nonsense}");
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> server.send(LiveServer.ADMIN, "GET", "/metrics", null)
                            .body()
                            .contains("apiserver_authentication_config_controller_automatic_reloads_total{"));
            assertThat(server.send(null, "GET", "/version", null).statusCode()).isEqualTo(200);
        }
    }

    @Test
    void anotherAuthorizerDecidesOnceTheFileSaysSo() throws Exception {
        Path file = folder.resolve("authorization.yaml");
        String start = "{" + VERSION + "kind: AuthorizationConfiguration, authorizers: [{name: one, type: ";
        Files.writeString(file, start + "AlwaysDeny}]}");
        var flags = new AuthorizationFlags();
        new CommandLine(flags).parseArgs("--authorization-config=" + file);
        var jane = new UserInfo("jane", "", List.of(), Map.of());
        Attributes asked = Attributes.of(jane, RequestInfo.of("GET", "/api/v1/nodes", Map.of()));
        try (var files =
                new ConfigurationFiles(new SimpleMeterRegistry(), "server", Duration.ofMillis(5), Clock.systemUTC())) {
            Authorizer authorizer = flags.values()
                    .authorizers(
                            type -> type.equals("AlwaysAllow") ? Authorizer.ALWAYS_ALLOW : Authorizer.ALWAYS_DENY,
                            Clock.systemUTC(),
                            files)
                    .getFirst();
            assertThat(authorizer.authorize(asked).allowed()).isFalse();
            Files.writeString(file, start + "AlwaysAllow}]}");
            Awaitility.await()
                    .atMost(Duration.ofSeconds(10))
                    .until(() -> authorizer.authorize(asked).allowed());
        }
    }
}
