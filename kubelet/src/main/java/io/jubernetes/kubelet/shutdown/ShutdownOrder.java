package io.jubernetes.kubelet.shutdown;

import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.kubelet.config.NodePolicies;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Who ends when: pods of low priority first, each group with a time of its own.
final class ShutdownOrder {
    private ShutdownOrder() {}

    /// Pods that end together.
    ///
    /// @param limit how long they have
    record Group(int priority, Duration limit, List<Pod> pods) {
        Group {
            pods = List.copyOf(pods);
        }

        /// How long one of them has.
        Duration grace(Pod pod) {
            Long own = pod.getSpec().getTerminationGracePeriodSeconds();
            Duration wanted = own == null ? limit : Duration.ofSeconds(own);
            return wanted.compareTo(limit) < 0 ? wanted : limit;
        }
    }

    /// The groups in the order of their end; those without pods are left out.
    static List<Group> of(NodePolicies.Shutdown policy, List<Pod> pods) {
        var limits = new TreeMap<Integer, Duration>(policy.byPriority());
        Map<Integer, List<Pod>> groups = new TreeMap<>();
        for (Pod pod : pods) {
            int priority =
                    pod.getSpec().getPriority() == null ? 0 : pod.getSpec().getPriority();
            Integer group = limits.floorKey(priority);
            groups.computeIfAbsent(group == null ? limits.firstKey() : group, _ -> new ArrayList<>())
                    .add(pod);
        }
        var result = new ArrayList<Group>();
        groups.forEach((priority, members) ->
                result.add(new Group(priority, limits.getOrDefault(priority, Duration.ZERO), members)));
        return List.copyOf(result);
    }
}
