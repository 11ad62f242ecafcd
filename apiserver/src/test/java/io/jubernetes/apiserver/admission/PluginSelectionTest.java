package io.jubernetes.apiserver.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jubernetes.common.component.StartupException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Which plugins run, in which order, with which configuration.
class PluginSelectionTest {
    private static List<AdmissionPlugin> plugins(String... names) {
        return Stream.of(names).map(PluginSelectionTest::plugin).toList();
    }

    private static AdmissionPlugin plugin(String name) {
        return new AdmissionPlugin() {
            @Override
            public String name() {
                return name;
            }
        };
    }

    private static List<String> chosen(List<String> enable, List<String> disable, String... there) {
        return PluginSelection.of(enable, disable).choose(plugins(there)).stream()
                .map(AdmissionPlugin::name)
                .toList();
    }

    @Test
    void theOrderIsTheServersWhateverTheFlagsSay() {
        assertThat(chosen(
                        List.of("NodeRestriction", "AlwaysPullImages"),
                        List.of("LimitRanger"),
                        "ResourceQuota",
                        "ValidatingAdmissionWebhook",
                        "AlwaysPullImages",
                        "LimitRanger",
                        "EventRateLimit",
                        "NodeRestriction",
                        "NamespaceLifecycle"))
                .containsExactly(
                        "NamespaceLifecycle",
                        "NodeRestriction",
                        "AlwaysPullImages",
                        "ValidatingAdmissionWebhook",
                        "ResourceQuota");
    }

    @Test
    void rulesOfKindsComeAfterWebhooksAndBeforeTheQuota() {
        assertThat(chosen(List.of(), List.of(), "ResourceQuota", "RoleEscalation", "MutatingAdmissionWebhook"))
                .containsExactly("MutatingAdmissionWebhook", "RoleEscalation", "ResourceQuota");
    }

    @Test
    void namesThatMeanNothingAreRefused() {
        assertThatThrownBy(() -> PluginSelection.of(List.of("Foo"), List.of()))
                .hasMessage("enable-admission-plugins plugin \"Foo\" is unknown");
        assertThatThrownBy(() -> PluginSelection.of(List.of(), List.of("Foo")))
                .hasMessage("disable-admission-plugins plugin \"Foo\" is unknown");
        assertThatThrownBy(() ->
                        PluginSelection.of(List.of("Priority", "LimitRanger"), List.of("LimitRanger", "Priority")))
                .hasMessage("[LimitRanger Priority] in enable-admission-plugins and disable-admission-plugins"
                        + " overlapped");
        assertThatThrownBy(() -> chosen(List.of("ImagePolicyWebhook"), List.of(), "Priority"))
                .hasMessageContaining("ImagePolicyWebhook is not part of this server");
    }

    @Test
    void configurationsStandInTheFileOrBesideIt(@TempDir Path folder) throws IOException, StartupException {
        Path file = folder.resolve("admission.yaml");
        Files.writeString(folder.resolve("limits.yaml"), "{limits: [{type: Server, qps: 1, burst: 2}]}");
        Files.writeString(file, """
                apiVersion: apiserver.config.k8s.io/v1
                kind: AdmissionConfiguration
                plugins:
                - name: EventRateLimit
                  path: limits.yaml
                - name: PodNodeSelector
                  configuration: {podNodeSelectorPluginConfig: {dev: a=b}}
                """);
        var read = AdmissionConfiguration.read(file);
        assertThat(read.of("EventRateLimit").at("/limits/0/qps").asInt()).isEqualTo(1);
        assertThat(read.of("PodNodeSelector")
                        .at("/podNodeSelectorPluginConfig/dev")
                        .asText())
                .isEqualTo("a=b");
        assertThat(read.of("Priority").isMissingNode()).isTrue();
        Files.writeString(file, "{kind: Pod, apiVersion: v1}");
        assertThatThrownBy(() -> AdmissionConfiguration.read(file)).hasMessageContaining("no AdmissionConfiguration");
    }
}
