package io.jubernetes.apiserver.validation;

/// Node selectors: terms of requirements on labels and on the name.
public final class NodeSelectorRules {
    private NodeSelectorRules() {}

    /// Reports everything wrong with a node selector.
    public static void check(Field selector) {
        Field terms = selector.get("nodeSelectorTerms");
        if (terms.isEmpty()) {
            terms.required("must have at least one node selector term");
        }
        terms.items().forEach(NodeSelectorRules::checkTerm);
    }

    /// Reports everything wrong with one term.
    public static void checkTerm(Field term) {
        term.get("matchExpressions").items().forEach(NodeSelectorRules::checkExpression);
        term.get("matchFields").items().forEach(NodeSelectorRules::checkField);
    }

    private static void checkExpression(Field requirement) {
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
            case "Gt", "Lt" -> {
                if (values.items().size() != 1) {
                    values.required("must be specified single value when `operator` is 'Lt' or 'Gt'");
                }
            }
            default -> operator.invalid(operator.text(), "not a valid selector operator");
        }
        requirement.get("key").requireForm(NameRules::qualifiedName);
        values.items().forEach(value -> value.requireForm(NameRules::labelValue));
    }

    private static void checkField(Field requirement) {
        Field values = requirement.get("values");
        Field operator = requirement.get("operator");
        switch (operator.text()) {
            case "In", "NotIn" -> {
                if (values.items().size() != 1) {
                    values.required(
                            "must be only one value when `operator` is 'In' or 'NotIn' for node field selector");
                }
            }
            default -> operator.invalid(operator.text(), "not a valid selector operator");
        }
        if (requirement.get("key").text().equals("metadata.name")) {
            values.items().forEach(value -> value.requireForm(NameRules::subdomain));
        } else {
            requirement.get("key").invalid(requirement.get("key").text(), "not a valid field selector key");
        }
    }
}
