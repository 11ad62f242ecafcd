package io.jubernetes.apiserver.admission.podsecurity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.request.UserInfo;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.testing.ClusterFixture;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What the configuration of PodSecurity does to pods.
class PodSecurityConfigurationTest {
    private static final JsonNode CONFIGURATION = ClusterFixture.object("""
            apiVersion: pod-security.admission.config.k8s.io/v1
            kind: PodSecurityConfiguration
            defaults: {enforce: baseline, enforce-version: v1.30, audit: restricted, warn: restricted}
            exemptions: {usernames: [robot], namespaces: [infra], runtimeClasses: [sandbox]}
            """);

    @TempDir
    Path folder;

    private ClusterFixture cluster;

    @BeforeEach
    void open() {
        cluster = ClusterFixture.open(folder);
        cluster.put("v1", "namespaces", "", "plain", "{}");
        cluster.put("v1", "namespaces", "", "infra", "{}");
        cluster.put(
                "v1",
                "namespaces",
                "",
                "free",
                "{metadata: {labels: {pod-security.kubernetes.io/enforce: privileged}}}");
        cluster.settle();
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private AdmissionRequest pod(String user, String namespace, String spec) {
        var sender = new UserInfo(user, "", List.of(), Map.of());
        return cluster.write(
                sender, "v1", "pods", namespace + "/p", ClusterFixture.object("{spec: {" + spec + "}}"), null);
    }

    private String verdict(AdmissionRequest request) {
        var plugin = new PodSecurity(
                cluster.storage(), cluster.resource("v1", "namespaces"), cluster.resource("v1", "pods"), CONFIGURATION);
        try {
            plugin.validate(request);
            return "";
        } catch (ApiException e) {
            return String.valueOf(e.getMessage());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "jane, plain, hostNetwork: true, violates PodSecurity \"baseline:v1.30\"",
        "jane, free, hostNetwork: true, ''",
        "jane, infra, hostNetwork: true, ''",
        "robot, plain, hostNetwork: true, ''",
        "jane, plain, 'hostNetwork: true, runtimeClassName: sandbox', ''",
        "jane, plain, 'hostNetwork: true, runtimeClassName: other', violates PodSecurity \"baseline:v1.30\""
    })
    void defaultsHoldWhereNoLabelDoesAndNotForTheExempt(String user, String namespace, String spec, String expected) {
        assertThat(verdict(pod(user, namespace, spec))).contains(expected);
    }

    @Test
    void theAuditLogLearnsOfLevelsAndExemptions() {
        AdmissionRequest judged = pod("jane", "plain", "containers: [{name: c, image: i}]");
        assertThat(verdict(judged)).isEmpty();
        assertThat(judged.context().annotations())
                .containsEntry("pod-security.kubernetes.io/enforce-policy", "baseline:v1.30")
                .hasEntrySatisfying(
                        "pod-security.kubernetes.io/audit-violations",
                        text -> assertThat(text).startsWith("would violate PodSecurity \"restricted:latest\": "));
        assertThat(judged.context().warnings()).singleElement().asString().contains("restricted:latest");
        AdmissionRequest exempt = pod("robot", "plain", "hostNetwork: true");
        assertThat(verdict(exempt)).isEmpty();
        assertThat(exempt.context().annotations()).containsEntry("pod-security.kubernetes.io/exempt", "user");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{kind: PodSecurityConfiguration, apiVersion: example.com/v1}",
                "{kind: PodSecurityConfiguration, apiVersion: pod-security.admission.config.k8s.io/v1,"
                        + " defaults: {enforce: strict}}",
                "{kind: PodSecurityConfiguration, apiVersion: pod-security.admission.config.k8s.io/v1,"
                        + " exemptions: {usernames: ['']}}"
            })
    void theServerDoesNotStartWithAWrongOne(String configuration) {
        assertThatThrownBy(() -> PodSecurityConfiguration.of(ClusterFixture.object(configuration)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("PodSecurity");
    }
}
