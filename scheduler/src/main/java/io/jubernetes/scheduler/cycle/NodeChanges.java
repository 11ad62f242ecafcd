package io.jubernetes.scheduler.cycle;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.jubernetes.scheduler.framework.ClusterEvent.Action;
import java.util.EnumSet;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What of a node's change matters to waiting pods. A heartbeat that only moves times matters to none.
final class NodeChanges {
    private NodeChanges() {}

    static EnumSet<Action> between(Node before, Node after) {
        EnumSet<Action> actions = EnumSet.noneOf(Action.class);
        check(
                actions,
                Action.UPDATE_LABELS,
                before,
                after,
                node -> node.getMetadata().getLabels());
        check(
                actions,
                Action.UPDATE_ALLOCATABLE,
                before,
                after,
                node -> node.getStatus() == null ? null : node.getStatus().getAllocatable());
        check(
                actions,
                Action.UPDATE_TAINTS,
                before,
                after,
                node -> node.getSpec() == null ? null : node.getSpec().getTaints());
        check(
                actions,
                Action.UPDATE_UNSCHEDULABLE,
                before,
                after,
                node -> node.getSpec() != null
                        && Boolean.TRUE.equals(node.getSpec().getUnschedulable()));
        check(actions, Action.UPDATE_CONDITIONS, before, after, NodeChanges::conditions);
        return actions;
    }

    private static void check(
            EnumSet<Action> actions, Action action, Node before, Node after, Function<Node, @Nullable Object> part) {
        if (!Objects.equals(part.apply(before), part.apply(after))) {
            actions.add(action);
        }
    }

    private static Map<String, String> conditions(Node node) {
        return node.getStatus() == null
                ? Map.of()
                : node.getStatus().getConditions().stream()
                        .collect(Collectors.toMap(NodeCondition::getType, NodeCondition::getStatus, (_, b) -> b));
    }
}
