package io.jubernetes.kubelet.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.common.meta.Quantity;
import io.jubernetes.kubelet.FakeCluster;
import io.jubernetes.kubelet.TestNode;
import io.jubernetes.kubelet.container.DownwardFields.Addresses;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EnvironmentTest {
    private final FakeCluster cluster = new FakeCluster();

    @BeforeEach
    void objects() {
        cluster.configMaps.put(
                new ObjectKey("default", "config"),
                new ConfigMapBuilder().withData(Map.of("A", "1", "B", "two")).build());
        cluster.secrets.put(
                new ObjectKey("default", "secret"),
                new SecretBuilder().withData(Map.of("pw", "c2VjcmV0")).build());
        cluster.services.add(new ServiceBuilder()
                .withNewMetadata()
                .withNamespace("default")
                .withName("kubernetes")
                .endMetadata()
                .withNewSpec()
                .withClusterIP("10.96.0.1")
                .addNewPort()
                .withName("https")
                .withPort(443)
                .withProtocol("TCP")
                .endPort()
                .endSpec()
                .build());
    }

    private Map<String, String> of(String container) throws StartFailure {
        Pod pod = TestNode.pod("""
                metadata: {name: pod, labels: {app: web}}
                spec:
                  nodeName: node
                  containers:
                  - %s
                """.formatted(container.indent(4).strip()));
        return Environment.of(
                pod,
                pod.getSpec().getContainers().getFirst(),
                cluster,
                new Addresses(List.of("10.0.0.7"), List.of("192.168.0.1")),
                Map.of("cpu", Quantity.of(4), "memory", Quantity.ofBytes(1L << 30)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "plain | plain",
                "$(A) | 1",
                "$(A)-$(A) | 1-1",
                "$$(A) | $(A)",
                "$$$$(A) | $$(A)",
                "$(UNKNOWN) | $(UNKNOWN)",
                "$(A | $(A",
                "$A | $A",
                "a$ | a$",
                "$($(A)) | $($(A))",
            })
    void expandsReferences(String text, String expected) {
        assertThat(Expansion.expand(text, Map.of("A", "1"))).isEqualTo(expected);
    }

    @Test
    void laterVariablesWinAndSeeEarlierOnes() throws Exception {
        assertThat(of("""
                name: c
                envFrom:
                - {prefix: P_, configMapRef: {name: config}}
                - {secretRef: {name: secret}}
                env:
                - {name: A, value: first}
                - {name: B, value: "$(A) $(P_B) $(KUBERNETES_SERVICE_HOST)"}
                - {name: P_A, value: over}
                """))
                .containsEntry("P_A", "over")
                .containsEntry("B", "first two 10.96.0.1")
                .containsEntry("pw", "secret")
                .containsEntry("KUBERNETES_SERVICE_PORT", "443")
                .containsEntry("KUBERNETES_SERVICE_PORT_HTTPS", "443")
                .containsEntry("KUBERNETES_PORT", "tcp://10.96.0.1:443")
                .containsEntry("KUBERNETES_PORT_443_TCP_ADDR", "10.96.0.1");
    }

    @Test
    void readsFieldsAndResources() throws Exception {
        assertThat(of("""
                name: c
                resources: {limits: {memory: 64Mi}, requests: {cpu: 250m}}
                env:
                - {name: NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
                - {name: LABEL, valueFrom: {fieldRef: {fieldPath: "metadata.labels['app']"}}}
                - {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
                - {name: HOST, valueFrom: {fieldRef: {fieldPath: status.hostIP}}}
                - {name: MEM, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1Mi}}}
                - {name: CPU, valueFrom: {resourceFieldRef: {resource: requests.cpu, divisor: 1m}}}
                - {name: CORES, valueFrom: {resourceFieldRef: {resource: requests.cpu}}}
                - {name: MAXCPU, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}
                """))
                .containsEntry("NAME", "pod")
                .containsEntry("LABEL", "web")
                .containsEntry("IP", "10.0.0.7")
                .containsEntry("HOST", "192.168.0.1")
                .containsEntry("MEM", "64")
                .containsEntry("CPU", "250")
                .containsEntry("CORES", "1")
                .containsEntry("MAXCPU", "4");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "configMapKeyRef: {name: none, key: k} | configmap \"none\" not found",
                "configMapKeyRef: {name: config, key: k} | couldn't find key k in ConfigMap default/config",
                "secretKeyRef: {name: none, key: k} | secret \"none\" not found",
                "secretKeyRef: {name: secret, key: k} | couldn't find key k in Secret default/secret",
            })
    void saysWhatIsMissing(String source, String message) throws Exception {
        assertThatThrownBy(() -> of("name: c\nenv: [{name: X, valueFrom: {" + source + "}}]"))
                .isInstanceOfSatisfying(StartFailure.class, failure -> {
                    assertThat(failure.reason()).isEqualTo("CreateContainerConfigError");
                    assertThat(failure.getMessage()).isEqualTo(message);
                });
        String optional = source.replace("}", ", optional: true}");
        assertThat(of("name: c\nenv: [{name: X, valueFrom: {" + optional + "}}]"))
                .doesNotContainKey("X");
    }
}
