package io.jubernetes.scheduler.reference;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.scheduler.framework.Verdict;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;

/// One plugin, or a few that belong together.
interface Rules {
    /// Why the pod fits nowhere, whatever the node, if so.
    default Optional<String> rejects(Picture picture, Pod pod) {
        return Optional.empty();
    }

    /// Whether the pod fits a node.
    default Verdict filter(Picture picture, Pod pod, Node node) {
        return Verdict.FITS;
    }

    /// The score of each node, 0 to 100; empty when there is nothing to choose by.
    default List<Long> scores(Picture picture, Pod pod, List<Node> feasible) {
        return List.of();
    }

    static List<Long> each(List<Node> nodes, ToLongFunction<Node> score) {
        return nodes.stream().map(score::applyAsLong).toList();
    }

    /// The greatest becomes 100.
    static List<Long> scaled(List<Long> scores) {
        long max = greatest(scores);
        return scores.stream().map(score -> max == 0 ? 0 : score * 100 / max).toList();
    }

    static long greatest(List<Long> scores) {
        return scores.stream().mapToLong(score -> score).max().orElse(0);
    }

    static long least(List<Long> scores) {
        return scores.stream().mapToLong(score -> score).min().orElse(0);
    }
}
