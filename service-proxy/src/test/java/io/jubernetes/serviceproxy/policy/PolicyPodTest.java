package io.jubernetes.serviceproxy.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.jubernetes.serviceproxy.policy.PolicyPod.NamedPort;
import io.jubernetes.serviceproxy.rules.Protocol;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PolicyPodTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{spec: {hostNetwork: true, containers: []}, status: {podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}]}}",
                "{spec: {containers: []}, status: {phase: Pending}}",
                "{spec: {containers: []}}",
                "{spec: {containers: []}, status: {phase: Succeeded, podIPs: [{ip: 10.0.0.1}]}}",
                "{spec: {containers: []}, status: {phase: Failed, podIPs: [{ip: 10.0.0.1}]}}",
                "{spec: {containers: []}, status: {podIPs: [{ip: 'nonsense'}]}}"
            })
    void withoutAnAddressOfItsOwnAPodIsNoneToPolicies(String pod) {
        assertThat(PolicyPod.of(pod(pod), Set.of("n"))).isEmpty();
    }

    @Test
    void knowsAddressesNamedPortsAndPlace() {
        String text = """
                spec:
                  nodeName: n
                  containers:
                    - ports: [{name: http, containerPort: 80}, {containerPort: 81}]
                    - ports: [{name: dns, containerPort: 53, protocol: UDP}]
                  initContainers:
                    - {restartPolicy: Always, ports: [{name: side, containerPort: 1}]}
                    - {ports: [{name: once, containerPort: 2}]}
                status: {phase: Running, podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}, {ip: 'fd00::1'}]}
                """;
        PolicyPod pod = PolicyPod.of(pod(text), Set.of("n", "m")).orElseThrow();

        assertThat(pod.addresses()).containsExactly("10.0.0.1", "fd00::1");
        assertThat(pod.ports())
                .containsExactlyInAnyOrder(
                        new NamedPort("http", Protocol.TCP, 80),
                        new NamedPort("dns", Protocol.UDP, 53),
                        new NamedPort("side", Protocol.TCP, 1));
        assertThat(pod.here()).isTrue();
        assertThat(PolicyPod.of(pod(text), Set.of("m")).orElseThrow().here()).isFalse();
    }

    private static Pod pod(String text) {
        Pod pod = Serialization.unmarshal("---\n" + text, Pod.class);
        pod.setMetadata(new io.fabric8.kubernetes.api.model.ObjectMetaBuilder()
                .withNamespace("a")
                .withName("p")
                .build());
        return pod;
    }
}
