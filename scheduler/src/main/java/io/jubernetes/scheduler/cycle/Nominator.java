package io.jubernetes.scheduler.cycle;

import io.jubernetes.scheduler.framework.Nominations;
import io.jubernetes.scheduler.framework.PodInfo;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Holds the nominated pods by node. Not thread-safe: the scheduling thread alone uses it.
public final class Nominator implements Nominations {
    private final Map<String, Map<String, PodInfo>> byNode = new HashMap<>();
    private final Map<String, String> nodeOf = new HashMap<>();

    @Override
    public List<PodInfo> on(String node) {
        Map<String, PodInfo> there = byNode.get(node);
        return there == null ? List.of() : List.copyOf(there.values());
    }

    @Override
    public void put(String node, PodInfo pod) {
        remove(pod.uid());
        byNode.computeIfAbsent(node, _ -> new LinkedHashMap<>()).put(pod.uid(), pod);
        nodeOf.put(pod.uid(), node);
    }

    @Override
    public void remove(String uid) {
        String node = nodeOf.remove(uid);
        if (node != null) {
            byNode.computeIfPresent(node, (_, there) -> {
                there.remove(uid);
                return there.isEmpty() ? null : there;
            });
        }
    }

    boolean isEmpty() {
        return nodeOf.isEmpty();
    }

    /// The pods on the node that a pod must leave room for: those of the same or higher priority.
    List<PodInfo> ahead(String node, PodInfo pod) {
        Map<String, PodInfo> there = byNode.get(node);
        return there == null
                ? List.of()
                : there.values().stream()
                        .filter(other -> other.priority() >= pod.priority()
                                && !other.uid().equals(pod.uid()))
                        .toList();
    }

    /// Where the pod is nominated, or empty.
    String nodeOf(String uid) {
        return nodeOf.getOrDefault(uid, "");
    }
}
