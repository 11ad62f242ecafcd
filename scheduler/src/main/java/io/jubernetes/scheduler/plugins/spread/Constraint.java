package io.jubernetes.scheduler.plugins.spread;

import io.fabric8.kubernetes.api.model.TopologySpreadConstraint;
import io.jubernetes.common.scheduling.LabelMatcher;
import io.jubernetes.scheduler.framework.PodInfo;
import java.util.HashMap;
import java.util.List;

/// One spread constraint, ready to be counted.
///
/// @param minDomains with fewer domains the emptiest one counts as holding no pod
/// @param honorsAffinity whether only nodes count that the pod's node selector and affinity allow
/// @param honorsTaints whether only nodes count whose taints the pod tolerates
record Constraint(
        int maxSkew,
        String topologyKey,
        LabelMatcher selector,
        int minDomains,
        boolean honorsAffinity,
        boolean honorsTaints) {
    static final String HOSTNAME = "kubernetes.io/hostname";
    static final String DO_NOT_SCHEDULE = "DoNotSchedule";
    static final String SCHEDULE_ANYWAY = "ScheduleAnyway";

    boolean isByHost() {
        return topologyKey.equals(HOSTNAME);
    }

    /// The pod's own constraints of one sort.
    static List<Constraint> ofPod(PodInfo pod, String whenUnsatisfiable) {
        return pod.pod().getSpec().getTopologySpreadConstraints().stream()
                .filter(constraint -> whenUnsatisfiable.equals(constraint.getWhenUnsatisfiable()))
                .map(constraint -> of(constraint, selector(constraint, pod)))
                .toList();
    }

    static Constraint of(TopologySpreadConstraint constraint, LabelMatcher selector) {
        return new Constraint(
                constraint.getMaxSkew(),
                constraint.getTopologyKey(),
                selector,
                constraint.getMinDomains() == null ? 1 : constraint.getMinDomains(),
                !"Ignore".equals(constraint.getNodeAffinityPolicy()),
                "Honor".equals(constraint.getNodeTaintsPolicy()));
    }

    /// The labels named by `matchLabelKeys` must be as the pod's own.
    private static LabelMatcher selector(TopologySpreadConstraint constraint, PodInfo pod) {
        LabelMatcher selector = LabelMatcher.of(constraint.getLabelSelector());
        if (constraint.getMatchLabelKeys().isEmpty()) {
            return selector;
        }
        var pairs = new HashMap<String, String>();
        for (String key : constraint.getMatchLabelKeys()) {
            String value = pod.labels().get(key);
            if (value != null) {
                pairs.put(key, value);
            }
        }
        return selector.and(LabelMatcher.ofPairs(pairs));
    }
}
