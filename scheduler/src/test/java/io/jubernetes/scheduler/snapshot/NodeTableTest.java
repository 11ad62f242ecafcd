package io.jubernetes.scheduler.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Quantity;
import io.jubernetes.scheduler.TestObjects;
import io.jubernetes.scheduler.framework.NodeInfo;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.Resources;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NodeTableTest {
    private final Resources resources = new Resources();
    private final NodeTable table = new NodeTable(resources);
    private final Map<String, Node> nodes = new HashMap<>();
    private final Map<String, Map<String, PodInfo>> pods = new HashMap<>();

    /// After any history the columns hold what a table built from scratch would hold.
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void columnsStayTrue(long seed) {
        var random = new Random(seed);
        for (int step = 0; step < 3000; step++) {
            String node = "node-" + random.nextInt(40);
            switch (random.nextInt(6)) {
                case 0 -> {
                    Node state = node(node, random);
                    nodes.put(node, state);
                    table.putNode(state);
                }
                case 1 -> {
                    nodes.remove(node);
                    table.removeNode(node);
                }
                case 2, 3, 4 -> {
                    PodInfo pod = pod("pod-" + random.nextInt(200), random);
                    pods.computeIfAbsent(node, _ -> new HashMap<>()).put(pod.uid(), pod);
                    table.putPod(node, pod);
                }
                default -> {
                    String uid = "uid-pod-" + random.nextInt(200);
                    pods.getOrDefault(node, new HashMap<>()).remove(uid);
                    table.removePod(node, uid);
                }
            }
        }
        check();
    }

    private void check() {
        assertThat(table.size()).isEqualTo(nodes.size());
        for (int row = 0; row < table.size(); row++) {
            NodeInfo node = table.row(row);
            assertThat(table.find(node.name())).isSameAs(node);
            Map<String, PodInfo> there = pods.getOrDefault(node.name(), Map.of());
            assertThat(node.pods()).containsExactlyInAnyOrderElementsOf(there.values());
            for (int resource = 0; resource < resources.count(); resource++) {
                int number = resource;
                assertThat(node.requested(number))
                        .as("%s of %s", resources.name(number), node)
                        .isEqualTo(there.values().stream()
                                .mapToLong(pod -> pod.requests().of(number))
                                .sum());
                Quantity allocatable = Objects.requireNonNull(nodes.get(node.name()))
                        .getStatus()
                        .getAllocatable()
                        .get(resources.name(number));
                assertThat(node.allocatable(number))
                        .isEqualTo(allocatable == null ? 0 : Resources.amount(number, allocatable));
            }
            assertThat(node.nonZeroRequested(Resources.CPU))
                    .isEqualTo(there.values().stream()
                            .mapToLong(pod -> pod.requests().nonZero(Resources.CPU))
                            .sum());
        }
    }

    private static Node node(String name, Random random) {
        var builder = TestObjects.node(name, Integer.toString(1 + random.nextInt(8)), "8Gi");
        if (random.nextBoolean()) {
            builder.editStatus()
                    .addToAllocatable("example.com/thing-" + random.nextInt(5), new Quantity("3"))
                    .endStatus();
        }
        return builder.build();
    }

    private PodInfo pod(String name, Random random) {
        var builder = TestObjects.pod(name, random.nextInt(2000) + "m", random.nextInt(512) + "Mi");
        if (random.nextInt(3) == 0) {
            builder.editSpec()
                    .editFirstContainer()
                    .editResources()
                    .addToRequests("example.com/thing-" + random.nextInt(5), new Quantity("1"))
                    .endResources()
                    .endContainer()
                    .endSpec();
        }
        return PodInfo.of(builder.build(), resources);
    }
}
