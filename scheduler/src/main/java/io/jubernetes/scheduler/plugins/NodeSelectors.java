package io.jubernetes.scheduler.plugins;

import io.fabric8.kubernetes.api.model.NodeSelector;
import io.fabric8.kubernetes.api.model.NodeSelectorRequirement;
import io.fabric8.kubernetes.api.model.NodeSelectorTerm;
import io.jubernetes.scheduler.framework.NodeInfo;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Matches node selectors of affinity rules with nodes.
final class NodeSelectors {
    private NodeSelectors() {}

    /// Whether any term matches.
    static boolean matches(NodeSelector selector, NodeInfo node) {
        return selector.getNodeSelectorTerms().stream().anyMatch(term -> matches(term, node));
    }

    /// Whether all requirements of a term match; an empty term matches nothing.
    static boolean matches(NodeSelectorTerm term, NodeInfo node) {
        if (term.getMatchExpressions().isEmpty() && term.getMatchFields().isEmpty()) {
            return false;
        }
        for (NodeSelectorRequirement requirement : term.getMatchExpressions()) {
            if (!matches(requirement, node.labels().get(requirement.getKey()))) {
                return false;
            }
        }
        for (NodeSelectorRequirement requirement : term.getMatchFields()) {
            String value = requirement.getKey().equals("metadata.name") ? node.name() : null;
            if (!matches(requirement, value)) {
                return false;
            }
        }
        return true;
    }

    private static boolean matches(NodeSelectorRequirement requirement, @Nullable String value) {
        List<String> values = requirement.getValues();
        return switch (requirement.getOperator()) {
            case "In" -> value != null && values.contains(value);
            case "NotIn" -> value == null || !values.contains(value);
            case "Exists" -> value != null;
            case "DoesNotExist" -> value == null;
            case "Gt" -> value != null && isOrdered(values, value, 1);
            case "Lt" -> value != null && isOrdered(values, value, -1);
            default -> false;
        };
    }

    private static boolean isOrdered(List<String> values, String value, int sign) {
        try {
            return values.size() == 1 && Long.compare(Long.parseLong(value), Long.parseLong(values.getFirst())) == sign;
        } catch (NumberFormatException e) {
            return false;
        }
    }
}
