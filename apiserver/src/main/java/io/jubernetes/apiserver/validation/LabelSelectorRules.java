package io.jubernetes.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.common.meta.NameRules;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Label selectors as objects hold them (`matchLabels` and `matchExpressions`): whether they are well-formed, and what
/// they select.
public final class LabelSelectorRules {
    private LabelSelectorRules() {}

    /// Reports everything wrong with a selector; an absent one is fine.
    ///
    /// @return whether the selector is well-formed
    public static boolean check(Field selector) {
        return check(selector, false);
    }

    /// @param lenient whether values that no label can have are let pass, for objects that were stored with them
    public static boolean check(Field selector, boolean lenient) {
        int before = selector.causes().size();
        Field labels = selector.get("matchLabels");
        MetadataRules.labels(Meta.strings(labels.value()), labels.path()).forEach(labels::report);
        for (Field requirement : selector.get("matchExpressions").items()) {
            checkRequirement(requirement, lenient);
        }
        return selector.causes().size() == before;
    }

    private static void checkRequirement(Field requirement, boolean lenient) {
        Field values = requirement.get("values");
        Field operator = requirement.get("operator");
        switch (operator.text()) {
            case "In", "NotIn" -> {
                if (values.isEmpty()) {
                    values.required("must be specified when `operator` is 'In' or 'NotIn'");
                }
            }
            case "Exists", "DoesNotExist" -> {
                if (!values.isEmpty()) {
                    values.forbidden("may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
                }
            }
            default -> operator.invalid(operator.text(), "not a valid selector operator");
        }
        requirement.get("key").requireForm(NameRules::qualifiedName);
        if (!lenient) {
            values.items().forEach(value -> value.requireForm(NameRules::labelValue));
        }
    }

    /// Whether a selector has neither pairs nor expressions, and so selects everything.
    public static boolean selectsAll(JsonNode selector) {
        return selector.path("matchLabels").isEmpty()
                && selector.path("matchExpressions").isEmpty();
    }

    /// Whether labels match a selector. An absent selector matches nothing, an empty one everything, a malformed one
    /// nothing.
    public static boolean matches(JsonNode selector, Map<String, String> labels) {
        if (!selector.isObject()) {
            return false;
        }
        for (var pair : Meta.strings(selector.path("matchLabels")).entrySet()) {
            if (!pair.getValue().equals(labels.get(pair.getKey()))) {
                return false;
            }
        }
        for (JsonNode requirement : selector.path("matchExpressions")) {
            String label = labels.get(requirement.path("key").asText(""));
            List<String> values = new ArrayList<>();
            requirement.path("values").forEach(value -> values.add(value.asText()));
            boolean holds = switch (requirement.path("operator").asText("")) {
                case "In" -> label != null && values.contains(label);
                case "NotIn" -> label == null || !values.contains(label);
                case "Exists" -> label != null;
                case "DoesNotExist" -> label == null;
                default -> false;
            };
            if (!holds) {
                return false;
            }
        }
        return true;
    }
}
