package io.jubernetes.scheduler.plugins.spread;

import io.fabric8.kubernetes.api.model.NodeSelector;
import io.fabric8.kubernetes.api.model.Toleration;
import io.jubernetes.common.scheduling.Tolerations;
import io.jubernetes.scheduler.framework.NodeInfo;
import io.jubernetes.scheduler.framework.Nodes;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.Topology;
import io.jubernetes.scheduler.plugins.NodeAffinity;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The pods that one set of constraints counts, by domain. Nodes that do not count for the pods that have these
/// constraints are left out. Kept current pod by pod until the nodes change.
final class SpreadCounts {
    /// What the counts depend on; pods with equal keys share them.
    ///
    /// @param requiresAllKeys whether a node counts only if it has the label of every constraint
    /// @param tolerations null when no constraint asks for them, as are the two before
    record Key(
            String namespace,
            List<Constraint> constraints,
            boolean requiresAllKeys,
            @Nullable Map<String, String> nodeSelector,
            @Nullable NodeSelector required,
            @Nullable List<Toleration> tolerations) {

        static Key of(PodInfo pod, List<Constraint> constraints, boolean requiresAllKeys) {
            boolean affinity = constraints.stream().anyMatch(Constraint::honorsAffinity);
            boolean taints = constraints.stream().anyMatch(Constraint::honorsTaints);
            return new Key(
                    pod.key().namespace(),
                    constraints,
                    requiresAllKeys,
                    affinity ? pod.pod().getSpec().getNodeSelector() : null,
                    affinity ? NodeAffinity.required(pod).orElse(null) : null,
                    taints ? pod.tolerations() : null);
        }
    }

    private final Key key;
    private final Topology[] topologies;
    /// For each constraint the pods of each domain.
    private final int[][] pods;
    /// For each constraint the nodes of each domain.
    private final int[][] nodesOf;
    private final int[] domains;
    /// For each constraint the pods on each row, node by node.
    private final int[][] podsOfRow;
    /// For each row a bit a constraint: whether the node counts.
    private final long[] counting;

    SpreadCounts(Key key, Nodes nodes) {
        this.key = key;
        int constraints = key.constraints.size();
        topologies = key.constraints.stream()
                .map(constraint -> nodes.topology(constraint.topologyKey()))
                .toArray(Topology[]::new);
        pods = new int[constraints][];
        nodesOf = new int[constraints][];
        podsOfRow = new int[constraints][];
        domains = new int[constraints];
        counting = new long[nodes.size()];
        for (int i = 0; i < constraints; i++) {
            pods[i] = new int[topologies[i].size()];
            nodesOf[i] = new int[topologies[i].size()];
            podsOfRow[i] = new int[key.constraints.get(i).isByHost() ? nodes.size() : 0];
        }
        for (NodeInfo node : nodes.all()) {
            take(node);
        }
    }

    private void take(NodeInfo node) {
        counting[node.row()] = countsFor(node);
        for (int i = 0; i < topologies.length; i++) {
            if ((counting[node.row()] & 1L << i) != 0 && nodesOf[i][topologies[i].domain(node)]++ == 0) {
                domains[i]++;
            }
        }
        node.pods().forEach(pod -> change(node, pod, 1));
    }

    private long countsFor(NodeInfo node) {
        long bits = 0;
        for (int i = 0; i < topologies.length; i++) {
            boolean present = topologies[i].domain(node) >= 0;
            if (!present && key.requiresAllKeys) {
                return 0;
            }
            Constraint constraint = key.constraints.get(i);
            if (present
                    && (!constraint.honorsAffinity() || isAllowed(node))
                    && (!constraint.honorsTaints() || isTolerated(node))) {
                bits |= 1L << i;
            }
        }
        return bits;
    }

    private boolean isAllowed(NodeInfo node) {
        return NodeAffinity.matches(key.nodeSelector, key.required, node);
    }

    private boolean isTolerated(NodeInfo node) {
        List<Toleration> tolerations = key.tolerations == null ? List.of() : key.tolerations;
        return node.taints().stream()
                .noneMatch(taint ->
                        !"PreferNoSchedule".equals(taint.getEffect()) && !Tolerations.tolerates(tolerations, taint));
    }

    /// A pod came to a node (1) or went (-1).
    void change(NodeInfo node, PodInfo pod, int sign) {
        if (pod.isTerminating() || !pod.key().namespace().equals(key.namespace)) {
            return;
        }
        for (int i = 0; i < topologies.length; i++) {
            Constraint constraint = key.constraints.get(i);
            if (!constraint.selector().matches(pod.labels())) {
                continue;
            }
            if (constraint.isByHost()) {
                podsOfRow[i][node.row()] += sign;
            }
            if ((counting[node.row()] & 1L << i) != 0) {
                pods[i][topologies[i].domain(node)] += sign;
            }
        }
    }

    int domain(int constraint, NodeInfo node) {
        return topologies[constraint].domain(node);
    }

    int domainSpace(int constraint) {
        return topologies[constraint].size();
    }

    /// How many domains there are, by the nodes that count.
    int domains(int constraint) {
        return domains[constraint];
    }

    int pods(int constraint, int domain) {
        return pods[constraint][domain];
    }

    /// The pods on one node, whether the node counts or not.
    int podsOn(int constraint, NodeInfo node) {
        return podsOfRow[constraint][node.row()];
    }

    /// The pods of the emptiest domain.
    int fewest(int constraint) {
        int[] of = pods[constraint];
        int[] present = nodesOf[constraint];
        int fewest = Integer.MAX_VALUE;
        for (int domain = 0; domain < of.length; domain++) {
            if (present[domain] > 0 && of[domain] < fewest) {
                fewest = of[domain];
            }
        }
        return fewest;
    }
}
