package io.jubernetes.apiserver.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.request.RequestInfo;
import io.jubernetes.apiserver.request.UserInfo;
import io.jubernetes.apiserver.storage.MutableClock;
import io.jubernetes.common.codec.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Rules of a policy, one by one, and the files of the log.
class AuditPolicyTest {
    private static final UserInfo JANE = new UserInfo("jane", "", List.of("dev"), Map.of());

    private static AuditPolicy policy(String rule) throws IOException {
        return AuditPolicy.parse(("{apiVersion: audit.k8s.io/v1, kind: Policy, rules: [" + rule + "]}")
                .getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest(name = "{0}: {1} {2}")
    @CsvSource(
            delimiter = '|',
            value = {
                "{level: Metadata}|GET|/api/v1/pods|Metadata",
                "{level: Metadata, users: [jane]}|GET|/api/v1/pods|Metadata",
                "{level: Metadata, users: [john]}|GET|/api/v1/pods|None",
                "{level: Metadata, userGroups: [dev]}|GET|/api/v1/pods|Metadata",
                "{level: Metadata, userGroups: [ops]}|GET|/api/v1/pods|None",
                "{level: Metadata, verbs: [list]}|GET|/api/v1/pods|Metadata",
                "{level: Metadata, verbs: [create]}|GET|/api/v1/pods|None",
                "{level: Request, resources: [{group: '', resources: [pods]}]}|GET|/api/v1/pods|Request",
                "{level: Request, resources: [{group: '', resources: [pods]}]}"
                        + "|GET|/api/v1/namespaces/a/pods/p/log|None",
                "{level: Request, resources: [{group: '', resources: [pods/log]}]}"
                        + "|GET|/api/v1/namespaces/a/pods/p/log|Request",
                "{level: Request, resources: [{group: '', resources: ['pods/*']}]}"
                        + "|GET|/api/v1/namespaces/a/pods/p/log|Request",
                "{level: Request, resources: [{group: '', resources: ['*/log']}]}"
                        + "|GET|/api/v1/namespaces/a/pods/p/log|Request",
                "{level: Request, resources: [{group: apps}]}|GET|/apis/apps/v1/deployments|Request",
                "{level: Request, resources: [{group: apps}]}|GET|/api/v1/pods|None",
                "{level: Request, resources: [{group: '', resources: [pods], resourceNames: [p]}]}"
                        + "|GET|/api/v1/namespaces/a/pods/q|None",
                "{level: Request, namespaces: [a]}|GET|/api/v1/namespaces/a/pods|Request",
                "{level: Request, namespaces: [a]}|GET|/version|None",
                "{level: Request, nonResourceURLs: [/metrics]}|GET|/metrics|Request",
                "{level: Request, nonResourceURLs: ['/healthz*']}|GET|/healthz/ping|Request",
                "{level: Request, nonResourceURLs: ['/healthz*']}|GET|/api/v1/pods|None"
            })
    void theFirstRuleThatFitsDecides(String rule, String method, String path, String level) throws IOException {
        assertThat(policy(rule)
                        .decide(JANE, RequestInfo.of(method, path, Map.of()))
                        .level()
                        .toString())
                .isEqualTo(level);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}|rules[0].level: Required value",
                "{level: All}|rules[0].level: Unsupported value: \"All\"",
                "{level: Request, omitStages: [Later]}|omitStages: Invalid value: \"Later\"",
                "{level: Request, nonResourceURLs: [metrics]}|must begin with a '/' character",
                "{level: Request, nonResourceURLs: [/a], namespaces: [b]}|rules cannot apply to both regular resources"
            })
    void wrongRulesAreRefused(String rule, String problem) {
        assertThatThrownBy(() -> policy(rule)).hasMessageContaining(problem);
    }

    @Test
    void aFullLogGoesAsideAndOldOnesGo(@TempDir Path folder) throws IOException {
        var clock = new MutableClock();
        Path log = folder.resolve("audit.log");
        var backend = new LogBackend(new LogBackend.Settings(log.toString(), true, Duration.ZERO, 2, 300, true), clock);
        ObjectNode event = Json.object().put("kind", "Event").put("padding", "x".repeat(200));
        for (int i = 0; i < 6; i++) {
            backend.deliver(List.of(event));
            clock.advance(Duration.ofSeconds(1));
        }
        backend.close();
        try (Stream<Path> files = Files.list(folder)) {
            List<String> names = files.map(file -> String.valueOf(file.getFileName()))
                    .sorted()
                    .toList();
            assertThat(names)
                    .hasSize(3)
                    .contains("audit.log")
                    .allMatch(name ->
                            name.equals("audit.log") || name.matches("audit-2026-01-01T00-00-0[0-9]\\.000\\.log\\.gz"));
        }
        assertThat(Files.readAllLines(log)).hasSize(1);
    }
}
