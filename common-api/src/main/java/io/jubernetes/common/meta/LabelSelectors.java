package io.jubernetes.common.meta;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorRequirement;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Matches label selectors of the typed model against labels.
public final class LabelSelectors {
    private LabelSelectors() {}

    /// Whether labels match a selector: a null selector matches nothing, an empty one everything.
    ///
    /// @throws IllegalArgumentException when a requirement's operator is unknown
    public static boolean matches(@Nullable LabelSelector selector, @Nullable Map<String, String> labels) {
        if (selector == null) {
            return false;
        }
        return matches(selector.getMatchLabels(), selector.getMatchExpressions(), labels == null ? Map.of() : labels);
    }

    /// Whether labels hold every pair of a plain selector; an empty or null one selects nothing, as for Services.
    public static boolean matchesPlain(@Nullable Map<String, String> selector, @Nullable Map<String, String> labels) {
        return selector != null
                && !selector.isEmpty()
                && matches(selector, List.of(), labels == null ? Map.of() : labels);
    }

    private static boolean matches(
            @Nullable Map<String, String> pairs,
            @Nullable List<LabelSelectorRequirement> requirements,
            Map<String, String> labels) {
        if (pairs != null) {
            for (var pair : pairs.entrySet()) {
                if (!Objects.equals(labels.get(pair.getKey()), pair.getValue())) {
                    return false;
                }
            }
        }
        return requirements == null
                || requirements.stream()
                        .allMatch(requirement -> matches(requirement, labels.get(requirement.getKey())));
    }

    private static boolean matches(LabelSelectorRequirement requirement, @Nullable String value) {
        return switch (requirement.getOperator()) {
            case "In" -> value != null && requirement.getValues().contains(value);
            case "NotIn" -> value == null || !requirement.getValues().contains(value);
            case "Exists" -> value != null;
            case "DoesNotExist" -> value == null;
            default -> throw new IllegalArgumentException("unknown operator " + requirement.getOperator());
        };
    }
}
