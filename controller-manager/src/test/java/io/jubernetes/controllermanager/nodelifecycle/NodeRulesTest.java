package io.jubernetes.controllermanager.nodelifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.TaintBuilder;
import io.jubernetes.controllermanager.nodelifecycle.ZoneHealth.Mode;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NodeRulesTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    private static Node node(String... conditions) {
        var builder = new NodeBuilder()
                .withNewMetadata()
                .withName("n")
                .endMetadata()
                .withNewSpec()
                .withTaints(new TaintBuilder()
                        .withKey("mine")
                        .withEffect("NoSchedule")
                        .build())
                .endSpec()
                .withNewStatus()
                .endStatus();
        for (String condition : conditions) {
            builder.editStatus()
                    .addNewCondition()
                    .withType(condition)
                    .withStatus("True")
                    .endCondition()
                    .endStatus();
        }
        return builder.build();
    }

    private static List<String> taints(Node node, String ready, boolean mayEvict) {
        return NodeTaints.of(node, ready, mayEvict, NOW).stream()
                .map(taint -> taint.getKey().replace("node.kubernetes.io/", "") + ":" + taint.getEffect())
                .sorted()
                .toList();
    }

    @Test
    void conditionsBecomeTaintsAndForeignTaintsStay() {
        assertThat(taints(node(), "True", true)).containsExactly("mine:NoSchedule");
        assertThat(taints(node("MemoryPressure", "DiskPressure"), "True", true))
                .containsExactly("disk-pressure:NoSchedule", "memory-pressure:NoSchedule", "mine:NoSchedule");
        assertThat(taints(node(), "Unknown", false)).containsExactly("mine:NoSchedule", "unreachable:NoSchedule");
        assertThat(taints(node(), "Unknown", true))
                .containsExactly("mine:NoSchedule", "unreachable:NoExecute", "unreachable:NoSchedule");
        assertThat(taints(node(), "False", true))
                .containsExactly("mine:NoSchedule", "not-ready:NoExecute", "not-ready:NoSchedule");
    }

    @Test
    void aTaintThatIsThereKeepsItsTime() {
        Taint old = new TaintBuilder()
                .withKey(NodeTaints.UNREACHABLE)
                .withEffect("NoExecute")
                .withTimeAdded("2025-01-01T00:00:00Z")
                .build();
        Node node = node().toBuilder().editSpec().withTaints(old).endSpec().build();
        assertThat(NodeTaints.of(node, "Unknown", false, NOW)).contains(old);
    }

    @ParameterizedTest
    @CsvSource({"0,10,NORMAL", "2,3,NORMAL", "5,10,NORMAL", "6,10,PARTIAL", "10,10,FULL", "1,1,FULL", "0,0,NORMAL"})
    void zonesFailInDegrees(int failing, int all, Mode expected) {
        assertThat(ZoneHealth.modeOf(zone(failing, all))).isEqualTo(expected);
    }

    private static List<Boolean> zone(int failing, int all) {
        return Stream.concat(
                        Collections.nCopies(failing, false).stream(), Collections.nCopies(all - failing, true).stream())
                .toList();
    }

    @Test
    void nothingIsDrivenOffWhenAllFail() {
        var health = new ZoneHealth();
        assertThat(health.mayEvict("a", Map.of("a", zone(3, 3)), NOW)).isFalse();
        assertThat(health.mayEvict("a", Map.of("a", zone(3, 3), "b", zone(0, 1)), NOW))
                .isTrue();
    }

    @Test
    void nodesAreDrivenOffOneAtATime() {
        var health = new ZoneHealth();
        var zones = Map.of("a", zone(2, 10));
        assertThat(health.mayEvict("a", zones, NOW)).isTrue();
        assertThat(health.mayEvict("a", zones, NOW.plusSeconds(9))).isFalse();
        assertThat(health.mayEvict("a", zones, NOW.plusSeconds(10))).isTrue();
        assertThat(health.mayEvict("a", Map.of("a", zone(7, 10)), NOW.plus(Duration.ofHours(1))))
                .isFalse();
        assertThat(health.mayEvict("a", Map.of("a", zone(70, 100)), NOW.plus(Duration.ofHours(1))))
                .isTrue();
    }

    @Test
    void silenceIsCountedByThisProcessClock() {
        var heartbeats = new Heartbeats();
        Node node = node();
        assertThat(heartbeats.silence(node, null, NOW)).isZero();
        assertThat(heartbeats.silence(node, null, NOW.plusSeconds(30))).isEqualTo(Duration.ofSeconds(30));
        Node alive = node.toBuilder()
                .editStatus()
                .addNewCondition()
                .withType("Ready")
                .withLastHeartbeatTime("1999-01-01T00:00:00Z")
                .endCondition()
                .endStatus()
                .build();
        assertThat(heartbeats.silence(alive, null, NOW.plusSeconds(31))).isZero();
    }
}
