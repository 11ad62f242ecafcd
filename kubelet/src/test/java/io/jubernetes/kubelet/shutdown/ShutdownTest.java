package io.jubernetes.kubelet.shutdown;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.jubernetes.kubelet.FakeCluster;
import io.jubernetes.kubelet.TestDocker;
import io.jubernetes.kubelet.TestNode;
import io.jubernetes.kubelet.config.NodePolicies;
import io.jubernetes.kubelet.pod.PodEviction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/// The machine's end, told by the test.
class ShutdownTest {
    private static final NodePolicies.Shutdown POLICY = new NodePolicies.Shutdown(
            Map.of(0, Duration.ofSeconds(20), 1000, Duration.ofSeconds(10), 2_000_000_000, Duration.ofSeconds(5)));

    /// A machine that ends when the test says so.
    private static final class Machine implements ShutdownSignals {
        final List<String> log = new CopyOnWriteArrayList<>();
        volatile Consumer<Boolean> listener = _ -> {};

        @Override
        public AutoCloseable delay(Duration most) {
            log.add("held for " + most.toSeconds());
            return () -> log.add("let go");
        }

        @Override
        public void listen(Consumer<Boolean> to) {
            listener = to;
        }

        @Override
        public void close() {}
    }

    /// Pods that end when the test says so.
    private static final class Pods implements NodeShutdown.Pods {
        final List<Pod> all = new ArrayList<>();
        final Set<String> running = ConcurrentHashMap.newKeySet();
        final List<String> evicted = new CopyOnWriteArrayList<>();

        void add(String name, int priority, long grace) {
            Pod pod = pod(name, priority, grace);
            all.add(pod);
            running.add(pod.getMetadata().getUid());
        }

        void end(String name) {
            all.stream()
                    .filter(pod -> pod.getMetadata().getName().equals(name))
                    .forEach(pod -> running.remove(pod.getMetadata().getUid()));
        }

        @Override
        public List<Pod> active() {
            return all;
        }

        @Override
        public void evict(String uid, PodEviction eviction) {
            all.stream()
                    .filter(pod -> pod.getMetadata().getUid().equals(uid))
                    .forEach(pod -> evicted.add(
                            pod.getMetadata().getName() + " " + eviction.grace().toSeconds()));
        }

        @Override
        public boolean runs(String uid) {
            return running.contains(uid);
        }
    }

    private static Pod pod(String name, int priority, long grace) {
        return TestNode.pod("""
                metadata: {name: %s}
                spec:
                  priority: %d
                  terminationGracePeriodSeconds: %d
                  containers: [{name: main, image: %s, command: [sleep, "1000"]}]
                """.formatted(name, priority, grace, TestDocker.IMAGE));
    }

    @Test
    void podsEndInTheOrderOfTheirPriorities() {
        var machine = new Machine();
        var pods = new Pods();
        var cluster = new FakeCluster();
        var closing = new CopyOnWriteArrayList<Boolean>();
        pods.add("critical", 2_000_001_000, 30);
        pods.add("low", -5, 30);
        pods.add("plain", 0, 3);
        pods.add("better", 1500, 30);
        try (var shutdown = new NodeShutdown(
                POLICY,
                machine,
                pods,
                closing::add,
                cluster,
                () -> Optional.of(new NodeBuilder()
                        .withNewMetadata()
                        .withName("n")
                        .endMetadata()
                        .build()))) {
            shutdown.start();
            assertThat(machine.log).containsExactly("held for 35");
            machine.listener.accept(true);
            Awaitility.await().until(() -> pods.evicted.size() == 2);
            assertThat(pods.evicted).containsExactlyInAnyOrder("low 20", "plain 3");
            assertThat(closing).containsExactly(true);
            assertThat(cluster.events)
                    .containsExactly("node NORMAL NodeShutdown: Shutdown manager detected shutdown event");
            pods.end("low");
            pods.end("plain");
            Awaitility.await().until(() -> pods.evicted.contains("better 10"));
            assertThat(pods.evicted).hasSize(3);
            pods.end("better");
            Awaitility.await().until(() -> pods.evicted.contains("critical 5"));
            assertThat(machine.log).doesNotContain("let go");
            pods.end("critical");
            Awaitility.await().until(() -> machine.log.contains("let go"));
        }
    }

    @Test
    void aMachineThatStaysIsHeldUpAgain() {
        var machine = new Machine();
        var pods = new Pods();
        var closing = new CopyOnWriteArrayList<Boolean>();
        pods.add("plain", 0, 30);
        try (var shutdown = new NodeShutdown(POLICY, machine, pods, closing::add, new FakeCluster(), Optional::empty)) {
            shutdown.start();
            machine.listener.accept(true);
            machine.listener.accept(false);
            assertThat(closing).containsExactly(true, false);
            assertThat(machine.log).containsExactly("held for 35", "let go", "held for 35");
        }
    }

    @Test
    void withoutTimeNothingIsHeldUp() {
        var machine = new Machine();
        try (var shutdown = new NodeShutdown(
                NodePolicies.Shutdown.NONE, machine, new Pods(), _ -> {}, new FakeCluster(), Optional::empty)) {
            shutdown.start();
            assertThat(machine.log).isEmpty();
        }
    }

    @Test
    void realPodsFailAndNewOnesAreTurnedAway() throws Exception {
        TestDocker.require();
        try (var node = new TestNode("shutdown", "10.244.211.0/24")) {
            Pod first = pod("first", 0, 1);
            node.engine().workers().set(first);
            node.await(first, TestNode::isReady);
            var machine = new Machine();
            try (var shutdown = new NodeShutdown(
                    POLICY, machine, node.engine(), node.engine()::refusePods, node.cluster, Optional::empty)) {
                shutdown.start();
                machine.listener.accept(true);
                PodStatus status = node.await(first, now -> "Failed".equals(now.getPhase()));
                assertThat(status.getReason()).isEqualTo("Terminated");
                assertThat(status.getMessage()).isEqualTo("Pod was terminated in response to imminent node shutdown.");
                assertThat(status.getConditions())
                        .anyMatch(condition -> condition.getType().equals("DisruptionTarget")
                                && condition.getReason().equals("TerminationByKubelet"));
                Awaitility.await().until(() -> machine.log.contains("let go"));
                Pod second = pod("second", 0, 1);
                node.engine().workers().set(second);
                PodStatus refused = node.await(second, now -> "Failed".equals(now.getPhase()));
                assertThat(refused.getReason()).isEqualTo("NodeShutdown");
                assertThat(refused.getMessage())
                        .isEqualTo("Pod was rejected: Pod was rejected as the node is shutting down.");
            }
        }
    }
}
