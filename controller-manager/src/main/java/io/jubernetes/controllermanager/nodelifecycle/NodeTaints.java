package io.jubernetes.controllermanager.nodelifecycle;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.TaintBuilder;
import io.jubernetes.controllermanager.workload.Times;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The taints a node should have by its conditions. Pure.
final class NodeTaints {
    static final String NOT_READY = "node.kubernetes.io/not-ready";
    static final String UNREACHABLE = "node.kubernetes.io/unreachable";
    static final String UNSCHEDULABLE = "node.kubernetes.io/unschedulable";
    private static final Map<String, String> PRESSURES = Map.of(
            "MemoryPressure", "node.kubernetes.io/memory-pressure",
            "DiskPressure", "node.kubernetes.io/disk-pressure",
            "PIDPressure", "node.kubernetes.io/pid-pressure",
            "NetworkUnavailable", "node.kubernetes.io/network-unavailable");
    private static final Set<String> MANAGED = Set.of(
            NOT_READY,
            UNREACHABLE,
            UNSCHEDULABLE,
            "node.kubernetes.io/memory-pressure",
            "node.kubernetes.io/disk-pressure",
            "node.kubernetes.io/pid-pressure",
            "node.kubernetes.io/network-unavailable");

    private NodeTaints() {}

    static String status(Node node, String condition) {
        return node.getStatus() == null
                ? "Unknown"
                : node.getStatus().getConditions().stream()
                        .filter(each -> condition.equals(each.getType()))
                        .map(NodeCondition::getStatus)
                        .findFirst()
                        .orElse("Unknown");
    }

    /// @param ready the status of the Ready condition as it is taken to be now
    /// @param mayEvict whether pods may be driven off; without it, only such taints that are there already stay
    static List<Taint> of(Node node, String ready, boolean mayEvict, Instant now) {
        List<Taint> there = node.getSpec() == null ? List.of() : node.getSpec().getTaints();
        var taints = new ArrayList<Taint>();
        for (Taint taint : there) {
            if (!MANAGED.contains(taint.getKey())) {
                taints.add(taint);
            }
        }
        for (var pressure : PRESSURES.entrySet()) {
            if (status(node, pressure.getKey()).equals("True")) {
                add(taints, there, pressure.getValue(), "NoSchedule", now);
            }
        }
        if (node.getSpec() != null && Boolean.TRUE.equals(node.getSpec().getUnschedulable())) {
            add(taints, there, UNSCHEDULABLE, "NoSchedule", now);
        }
        if (!ready.equals("True")) {
            String key = ready.equals("False") ? NOT_READY : UNREACHABLE;
            add(taints, there, key, "NoSchedule", now);
            boolean evicting = there.stream()
                    .anyMatch(taint -> "NoExecute".equals(taint.getEffect())
                            && (NOT_READY.equals(taint.getKey()) || UNREACHABLE.equals(taint.getKey())));
            if (mayEvict || evicting) {
                add(taints, there, key, "NoExecute", now);
            }
        }
        return taints;
    }

    /// A taint that is there keeps the time it was added: toleration times count from it.
    private static void add(List<Taint> taints, List<Taint> there, String key, String effect, Instant now) {
        taints.add(there.stream()
                .filter(taint -> key.equals(taint.getKey()) && effect.equals(taint.getEffect()))
                .findFirst()
                .orElseGet(() -> new TaintBuilder()
                        .withKey(key)
                        .withEffect(effect)
                        .withTimeAdded(Times.text(now))
                        .build()));
    }

    /// Whether two lists hold the same taints, whatever their order and times.
    static boolean same(List<Taint> a, List<Taint> b) {
        return a.size() == b.size()
                && a.stream()
                        .allMatch(taint -> b.stream()
                                .anyMatch(other -> taint.getKey().equals(other.getKey())
                                        && java.util.Objects.equals(taint.getEffect(), other.getEffect())
                                        && java.util.Objects.equals(taint.getValue(), other.getValue())));
    }
}
