package io.jubernetes.kubelet.eviction;

import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.common.meta.Quantity;
import io.jubernetes.kubelet.container.Resources;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/// Who goes first: those who use more than they asked for, then the less important, then those who exceed the most.
final class Ranking {
    private Ranking() {}

    /// What a pod uses of what runs short.
    ///
    /// @param byContainer how the use divides
    record Use(Pod pod, long used, Map<String, Long> byContainer) {
        long requested(String resource) {
            return Resources.podRequests(pod)
                    .getOrDefault(resource, Quantity.ZERO)
                    .toLong();
        }
    }

    /// @param resource such as `memory`
    static List<Use> order(List<Use> uses, String resource) {
        return uses.stream()
                .sorted(Comparator.comparing((Use use) -> use.used() <= use.requested(resource))
                        .thenComparingInt(use -> priority(use.pod()))
                        .thenComparingLong(use -> use.requested(resource) - use.used()))
                .toList();
    }

    private static int priority(Pod pod) {
        Integer priority = pod.getSpec().getPriority();
        return priority == null ? 0 : priority;
    }
}
