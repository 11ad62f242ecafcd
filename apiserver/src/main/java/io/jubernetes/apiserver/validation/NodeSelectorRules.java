package io.jubernetes.apiserver.validation;

import io.jubernetes.common.meta.NameRules;
/// Node selectors, as pods and volumes have them: terms of which one must hold, each of requirements on a node's labels
/// and fields.

public final class NodeSelectorRules {
    private NodeSelectorRules() {}

    /// Reports everything wrong with a node selector.
    public static void check(Field selector) {
        check(selector, false);
    }

    /// Reports everything wrong with one term.
    public static void checkTerm(Field term) {
        checkTerm(term, false);
    }

    /// Reports everything wrong with a node selector.
    ///
    /// @param lenient whether values that no label can have are let pass, for objects that were stored with them
    public static void check(Field selector, boolean lenient) {
        Field terms = selector.get("nodeSelectorTerms");
        if (terms.isEmpty()) {
            terms.required("must have at least one node selector term");
        }
        terms.items().forEach(term -> checkTerm(term, lenient));
    }

    /// Reports everything wrong with one term.
    ///
    /// @param lenient as for [#check]
    public static void checkTerm(Field term, boolean lenient) {
        for (Field requirement : term.get("matchExpressions").items()) {
            checkLabel(requirement, lenient);
        }
        for (Field requirement : term.get("matchFields").items()) {
            checkField(requirement);
        }
    }

    private static void checkLabel(Field requirement, boolean lenient) {
        Field values = requirement.get("values");
        switch (requirement.get("operator").text()) {
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
                if (values.value().size() != 1) {
                    values.required("must be specified single value when `operator` is 'Lt' or 'Gt'");
                }
            }
            default -> reportOperator(requirement);
        }
        requirement.get("key").requireForm(NameRules::qualifiedName);
        if (!lenient) {
            values.items().forEach(value -> value.requireForm(NameRules::labelValue));
        }
    }

    private static void reportOperator(Field requirement) {
        requirement.get("operator").invalid(requirement.get("operator").text(), "not a valid selector operator");
    }

    private static void checkField(Field requirement) {
        Field values = requirement.get("values");
        switch (requirement.get("operator").text()) {
            case "In", "NotIn" -> {
                if (values.value().size() != 1) {
                    values.required(
                            "must be only one value when `operator` is 'In' or 'NotIn' for node field selector");
                }
            }
            default -> reportOperator(requirement);
        }
        Field key = requirement.get("key");
        if (!key.text().equals("metadata.name")) {
            key.invalid(key.text(), "not a valid field selector key");
        } else {
            values.items().forEach(value -> value.requireForm(NameRules::subdomain));
        }
    }
}
