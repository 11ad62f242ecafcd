package io.jubernetes.common.scheduling;

import io.fabric8.kubernetes.api.model.NodeSelector;
import io.fabric8.kubernetes.api.model.NodeSelectorRequirement;
import io.fabric8.kubernetes.api.model.NodeSelectorTerm;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Matches node selectors of affinity rules with nodes.
public final class NodeSelectors {
    private NodeSelectors() {}

    /// Whether any term matches.
    public static boolean matches(NodeSelector selector, String name, Map<String, String> labels) {
        return selector.getNodeSelectorTerms().stream().anyMatch(term -> matches(term, name, labels));
    }

    /// Whether all requirements of a term match; an empty term matches nothing.
    public static boolean matches(NodeSelectorTerm term, String name, Map<String, String> labels) {
        if (term.getMatchExpressions().isEmpty() && term.getMatchFields().isEmpty()) {
            return false;
        }
        for (NodeSelectorRequirement requirement : term.getMatchExpressions()) {
            if (!matches(requirement, labels.get(requirement.getKey()))) {
                return false;
            }
        }
        for (NodeSelectorRequirement requirement : term.getMatchFields()) {
            String value = requirement.getKey().equals("metadata.name") ? name : null;
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
