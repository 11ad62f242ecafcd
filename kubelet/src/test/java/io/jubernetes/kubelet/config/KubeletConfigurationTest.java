package io.jubernetes.kubelet.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jubernetes.common.codec.GoDuration;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.component.StartupException;
import io.jubernetes.common.meta.Quantity;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class KubeletConfigurationTest {
    @TempDir
    private Path directory;

    private static ConfigurationFlags flags(String... arguments) {
        var flags = new ConfigurationFlags();
        new CommandLine(CommandLine.Model.CommandSpec.create()
                        .addMixin("flags", CommandLine.Model.CommandSpec.forAnnotatedObject(flags)))
                .parseArgs(arguments);
        return flags;
    }

    @Test
    void withoutAnythingThePoliciesAreUpstreams() throws Exception {
        var configuration = KubeletConfiguration.load(null, null, Json.object());
        assertThat(configuration.policies()).isEqualTo(NodePolicies.DEFAULT);
        assertThat(NodePolicies.DEFAULT.eviction().hard())
                .isEqualTo(Map.of(
                        "memory.available", "100Mi",
                        "nodefs.available", "10%",
                        "nodefs.inodesFree", "5%",
                        "imagefs.available", "15%",
                        "imagefs.inodesFree", "5%"));
    }

    @Test
    void flagsWinOverDropInsOverTheFile() throws Exception {
        Path file = Files.writeString(directory.resolve("config.yaml"), """
                apiVersion: kubelet.config.k8s.io/v1beta1
                kind: KubeletConfiguration
                maxPods: 10
                clusterDNS: [10.0.0.1, 10.0.0.2]
                systemReserved: {cpu: 100m, memory: 1Gi}
                evictionSoft: {memory.available: 1Gi}
                evictionSoftGracePeriod: {memory.available: 1m30s}
                registerWithTaints: [{key: a, value: b, effect: NoSchedule}, {key: c, effect: NoExecute}]
                """);
        Path parts = Files.createDirectory(directory.resolve("parts"));
        Files.writeString(parts.resolve("20-late.conf"), "maxPods: 30");
        Files.writeString(
                parts.resolve("10-early.conf"), "{maxPods: 20, clusterDNS: [10.0.0.3], systemReserved: {memory: 2Gi}}");
        Files.writeString(parts.resolve("ignored.yaml"), "maxPods: 1");
        var configuration = KubeletConfiguration.load(
                file, parts, flags("--port=1234", "--kube-reserved=cpu=1").overrides());
        assertThat(configuration.number("maxPods", 110)).isEqualTo(30);
        assertThat(configuration.number("port", 10250)).isEqualTo(1234);
        assertThat(configuration.list("clusterDNS")).containsExactly("10.0.0.3");
        assertThat(configuration.policies().systemReserved())
                .isEqualTo(Map.of("cpu", Quantity.parse("100m"), "memory", Quantity.parse("2Gi")));
        assertThat(configuration.policies().kubeReserved()).isEqualTo(Map.of("cpu", Quantity.parse("1")));
        assertThat(configuration.policies().eviction().softGrace())
                .isEqualTo(Map.of("memory.available", Duration.ofSeconds(90)));
        assertThat(configuration.taints()).isEqualTo(List.of("a=b:NoSchedule", "c:NoExecute"));
    }

    @Test
    void flagsHaveTheConfigurationsForm() {
        assertThat(flags(
                                "--eviction-hard=memory.available<200Mi,nodefs.available<5%",
                                "--manifest-url-header=a:b",
                                "--register-with-taints=k=v:NoSchedule",
                                "--client-ca-file=/ca",
                                "--node-status-update-frequency=20",
                                "--rotate-certificates",
                                "--cluster-dns=")
                        .overrides())
                .isEqualTo(Json.parse("""
                        {"evictionHard": {"memory.available": "200Mi", "nodefs.available": "5%"},
                         "staticPodURLHeader": {"a": ["b"]},
                         "registerWithTaints": [{"key": "k", "value": "v", "effect": "NoSchedule"}],
                         "authentication": {"x509": {"clientCAFile": "/ca"}},
                         "nodeStatusUpdateFrequency": "20s",
                         "rotateCertificates": true,
                         "clusterDNS": []}
                        """));
    }

    @Test
    void saysWhatIsWrong() throws Exception {
        Path file = Files.writeString(directory.resolve("pod.yaml"), "{apiVersion: v1, kind: Pod}");
        assertThatThrownBy(() -> KubeletConfiguration.load(file, null, Json.object()))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("is not a KubeletConfiguration")
                .hasMessageContaining("\"Pod\"");
        assertThatThrownBy(() -> flags("--eviction-hard=memory").overrides())
                .hasMessageContaining("is not a threshold");
    }

    @ParameterizedTest
    @CsvSource({"10s, 10000", "1m30s, 90000", "1h0m0s, 3600000", "300ms, 300", "1.5h, 5400000", "0, 0"})
    void readsDurations(String text, long millis) {
        assertThat(GoDuration.parse(text)).isEqualTo(Duration.ofMillis(millis));
    }

    @ParameterizedTest
    @CsvSource({"10s", "1m30s", "1h0m0s", "300ms", "5m0s"})
    void writesDurationsAsItReadsThem(String text) {
        assertThat(GoDuration.text(GoDuration.parse(text))).isEqualTo(text);
    }
}
