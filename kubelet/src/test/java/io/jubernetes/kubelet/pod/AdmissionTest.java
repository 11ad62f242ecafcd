package io.jubernetes.kubelet.pod;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.common.meta.Quantity;
import io.jubernetes.kubelet.TestNode;
import io.jubernetes.kubelet.device.DeviceManager;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AdmissionTest {
    private static final Map<String, Quantity> ALLOCATABLE =
            Map.of("cpu", Quantity.parse("2"), "memory", Quantity.parse("1Gi"), "pods", Quantity.parse("2"));
    private static final Node NODE = new NodeBuilder()
            .withNewMetadata()
            .withName("n")
            .withLabels(Map.of("zone", "a"))
            .endMetadata()
            .withNewSpec()
            .endSpec()
            .build();

    private static Admission admission(Set<String> pressures) {
        return new Admission(
                ALLOCATABLE,
                new DeviceManager(Path.of("none"), () -> {}, Clock.systemUTC()),
                List.of("kernel.msg*"),
                () -> Optional.of(NODE),
                () -> pressures);
    }

    private static Pod pod(String spec) {
        return TestNode.pod("metadata: {name: p}\nspec: {" + spec + "}");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            containers: [{name: a}] | -
            containers: [{name: a, resources: {requests: {cpu: 3}}}] | OutOfcpu: Node didn't have enough resource: cpu, requested: 3000, used: 0, capacity: 2000
            containers: [{name: a, resources: {requests: {memory: 2Gi}}}] | OutOfmemory: Node didn't have enough resource: memory, requested: 2147483648, used: 0, capacity: 1073741824
            containers: [{name: a, resources: {limits: {example.com/dongle: 1}}}] | OutOfexample.com/dongle: Node didn't have enough resource: example.com/dongle, requested: 1, used: 0, capacity: 0
            initContainers: [{name: i, resources: {requests: {cpu: 3}}}], containers: [{name: a}] | OutOfcpu: Node didn't have enough resource: cpu, requested: 3000, used: 0, capacity: 2000
            containers: [{name: a}], nodeSelector: {zone: a} | -
            containers: [{name: a}], nodeSelector: {zone: b} | NodeAffinity: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector
            containers: [{name: a}], os: {name: windows} | PodOSNotSupported: Failed to admit pod as the OS field doesn't match node OS
            containers: [{name: a}], securityContext: {sysctls: [{name: kernel.shm_rmid_forced, value: '1'}]} | -
            containers: [{name: a}], securityContext: {sysctls: [{name: kernel.msgmax, value: '1'}]} | -
            containers: [{name: a}], securityContext: {sysctls: [{name: kernel.sem, value: '1'}]} | SysctlForbidden: forbidden sysctl: "kernel.sem" not allowlisted
            containers: [{name: a}], hostNetwork: true, securityContext: {sysctls: [{name: net.ipv4.tcp_syncookies, value: '1'}]} | SysctlForbidden: forbidden sysctl: "net.ipv4.tcp_syncookies" not allowed with host net enabled
            """)
    void letsInWhatFits(String spec, String expected) {
        String verdict = admission(Set.of())
                .admit(pod(spec), false)
                .map(rejection -> rejection.reason() + ": " + rejection.message())
                .orElse("-");
        assertThat(verdict).isEqualTo(expected);
    }

    @Test
    void countsWhatIsThereAlready() {
        var admission = admission(Set.of());
        Pod first = pod(
                "containers: [{name: a, ports: [{containerPort: 1, hostPort: 80}], resources: {requests: {cpu: 1500m}}}]");
        assertThat(admission.admit(first, false)).isEmpty();
        assertThat(admission.admit(pod("containers: [{name: a, resources: {requests: {cpu: 600m}}}]"), false))
                .hasValueSatisfying(rejection -> assertThat(rejection.message())
                        .isEqualTo(
                                "Node didn't have enough resource: cpu, requested: 600, used: 1500, capacity: 2000"));
        assertThat(admission.admit(pod("containers: [{name: a, ports: [{containerPort: 1, hostPort: 80}]}]"), false))
                .hasValueSatisfying(rejection -> assertThat(rejection.reason()).isEqualTo("NodePorts"));
        assertThat(admission.admit(pod("containers: [{name: a}]"), false)).isEmpty();
        assertThat(admission.admit(pod("containers: [{name: a}]"), false))
                .hasValueSatisfying(rejection -> assertThat(rejection.reason()).isEqualTo("OutOfpods"));
        assertThat(admission.admit(pod("containers: [{name: a}]"), true)).isEmpty();
        admission.forget(first.getMetadata().getUid());
    }

    @Test
    void whatIsGoneFromItsSourceMakesRoomAtOnce() {
        var admission = admission(Set.of());
        Pod victim = pod("containers: [{name: a, resources: {requests: {cpu: 1500m}}}]");
        Pod important = pod("containers: [{name: b, resources: {requests: {cpu: 1500m}}}]");
        assertThat(admission.admit(victim, false)).isEmpty();
        assertThat(admission.admit(important, false)).isPresent();

        admission.discount(victim.getMetadata().getUid());

        assertThat(admission.admit(important, false)).isEmpty();
    }

    @Test
    void turnsAwayUnderPressure() {
        Pod careless = pod("containers: [{name: a}]");
        Pod careful = pod("containers: [{name: a, resources: {requests: {memory: 1Mi}}}]");
        Pod critical = pod("priority: 2000000000, containers: [{name: a}]");
        var memory = admission(Set.of("MemoryPressure"));
        assertThat(memory.admit(careless, false))
                .contains(new Admission.Rejection("Evicted", "The node had condition: [MemoryPressure]. "));
        assertThat(memory.admit(careful, false)).isEmpty();
        assertThat(memory.admit(critical, false)).isEmpty();
        assertThat(admission(Set.of("DiskPressure")).admit(careful, false)).isPresent();
    }

    @Test
    void growsAPodWhenThereIsRoom() {
        var admission = admission(Set.of());
        Pod pod = pod("containers: [{name: a, resources: {requests: {cpu: 1}}}]");
        Pod other = pod("containers: [{name: a, resources: {requests: {cpu: 500m}}}]");
        assertThat(admission.admit(pod, false)).isEmpty();
        assertThat(admission.admit(other, false)).isEmpty();
        var allocation = new Allocation(admission);
        assertThat(cpu(allocation.apply(pod, PodState.EMPTY))).isEqualTo("1");
        assertThat(cpu(allocation.apply(with(pod, "3"), PodState.EMPTY))).isEqualTo("1");
        assertThat(allocation.pending())
                .contains(new Allocation.Pending(
                        "Infeasible", "Node didn't have enough capacity: cpu, requested: 3000, capacity: 2000"));
        assertThat(cpu(allocation.apply(with(pod, "1800m"), PodState.EMPTY))).isEqualTo("1");
        assertThat(allocation.pending())
                .contains(new Allocation.Pending(
                        "Deferred",
                        "Node didn't have enough resource: cpu, requested: 1800, used: 500, capacity: 2000"));
        admission.forget(other.getMetadata().getUid());
        assertThat(cpu(allocation.apply(with(pod, "1800m"), PodState.EMPTY))).isEqualTo("1800m");
        assertThat(allocation.pending()).isEmpty();
    }

    private static Pod with(Pod pod, String cpu) {
        return pod.toBuilder()
                .editSpec()
                .editFirstContainer()
                .editResources()
                .addToRequests("cpu", new io.fabric8.kubernetes.api.model.Quantity(cpu))
                .endResources()
                .endContainer()
                .endSpec()
                .build();
    }

    private static String cpu(Pod pod) {
        return String.valueOf(pod.getSpec()
                .getContainers()
                .getFirst()
                .getResources()
                .getRequests()
                .get("cpu"));
    }
}
