package io.jubernetes.kubelet.eviction;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.jubernetes.kubelet.TestDocker;
import io.jubernetes.kubelet.TestNode;
import io.jubernetes.kubelet.config.NodePolicies;
import io.jubernetes.kubelet.image.ImageCollector;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Pods that must go, on the real engine; only the machine's want is made up.
class EvictionTest {
    private static final Measure PLENTY = new Measure(1L << 33, 1L << 34);
    private static TestNode node;
    private static final AtomicReference<Measure> MEMORY = new AtomicReference<>(PLENTY);
    private static EvictionManager manager;

    @BeforeAll
    static void start() throws Exception {
        TestDocker.require();
        node = new TestNode("eviction", "10.244.204.0/24");
        var images = new ImageCollector(
                node.runtime,
                Set::of,
                NodePolicies.ImageCollection.DEFAULT,
                node.root,
                node.cluster,
                Optional::empty,
                Clock.systemUTC());
        manager = new EvictionManager(
                node.engine(),
                node.cluster,
                images,
                node.root,
                NodePolicies.Eviction.DEFAULT,
                () -> Map.of("memory.available", MEMORY.get()),
                Optional::empty,
                node.pressures::set,
                Clock.systemUTC());
    }

    @AfterAll
    static void stop() throws Exception {
        if (node != null) {
            node.close();
        }
    }

    private static Pod run(String yaml) {
        return node.run(yaml.replace("IMG", TestDocker.IMAGE));
    }

    @Test
    void whoAskedForNothingGoesWhenMemoryRunsShort() {
        Pod careless = run("""
                metadata: {name: careless}
                spec: {containers: [{name: main, image: IMG, command: [sleep, "1000"]}]}
                """);
        Pod careful = run("""
                metadata: {name: careful}
                spec: {containers: [{name: main, image: IMG, command: [sleep, "1000"], resources: {requests: {memory: 500Mi}}}]}
                """);
        node.await(careless, TestNode::isReady);
        node.await(careful, TestNode::isReady);
        MEMORY.set(new Measure(1 << 20, 1L << 34));
        manager.look();
        PodStatus status = node.await(careless, current -> "Failed".equals(current.getPhase()));
        assertThat(status.getReason()).isEqualTo("Evicted");
        assertThat(status.getMessage())
                .startsWith("The node was low on resource: memory. Threshold quantity: 100Mi, available: 1024Ki. ")
                .contains("Container main was using ", ", request is 0, has larger consumption of memory. ");
        assertThat(status.getConditions())
                .anyMatch(condition -> condition.getType().equals("DisruptionTarget")
                        && condition.getReason().equals("TerminationByKubelet"));
        assertThat(node.cluster.status("careful").getPhase()).isEqualTo("Running");
        assertThat(node.pressures.get()).containsExactly("MemoryPressure");
        Pod late = run("""
                metadata: {name: late}
                spec: {containers: [{name: main, image: IMG, command: [sleep, "1000"]}]}
                """);
        assertThat(node.await(late, current -> "Failed".equals(current.getPhase()))
                        .getMessage())
                .isEqualTo("Pod was rejected: The node had condition: [MemoryPressure]. ");
        MEMORY.set(PLENTY);
        node.pressures.set(Set.of());
        node.delete(careful, 1);
        node.delete(careless, 1);
        node.delete(late, 1);
    }

    @Test
    void aVolumeThatOutgrowsItsLimitEndsThePod() {
        Pod pod = run("""
                metadata: {name: outgrown}
                spec:
                  containers:
                  - name: main
                    image: IMG
                    command: [sh, -c, "head -c 3000000 /dev/zero > /data/big; exec sleep 1000"]
                    readinessProbe: {exec: {command: [sh, -c, "test $(wc -c < /data/big) = 3000000"]}, periodSeconds: 1}
                    volumeMounts: [{name: data, mountPath: /data}]
                  volumes: [{name: data, emptyDir: {sizeLimit: 1Mi}}]
                """);
        node.await(pod, TestNode::isReady);
        manager.look();
        PodStatus status = node.await(pod, current -> "Failed".equals(current.getPhase()));
        assertThat(status.getMessage()).isEqualTo("Usage of EmptyDir volume \"data\" exceeds the limit \"1Mi\". ");
        node.delete(pod, 1);
    }

    @Test
    void aContainerThatWritesTooMuchEndsThePod() {
        Pod pod = run("""
                metadata: {name: writer}
                spec:
                  containers:
                  - name: main
                    image: IMG
                    command: [sh, -c, "head -c 3000000 /dev/zero > /big; exec sleep 1000"]
                    readinessProbe: {exec: {command: [sh, -c, "test $(wc -c < /big) = 3000000"]}, periodSeconds: 1}
                    resources: {limits: {ephemeral-storage: 1Mi}}
                """);
        node.await(pod, TestNode::isReady);
        manager.look();
        PodStatus status = node.await(pod, current -> "Failed".equals(current.getPhase()));
        assertThat(status.getMessage())
                .isEqualTo("Container main exceeded its local ephemeral storage limit \"1Mi\". ");
        node.delete(pod, 1);
    }
}
