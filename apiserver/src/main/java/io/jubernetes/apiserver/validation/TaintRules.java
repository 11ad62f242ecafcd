package io.jubernetes.apiserver.validation;

import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.common.meta.NameRules;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Taints of nodes and the tolerations that let pods stay in spite of them.
public final class TaintRules {
    private static final List<String> EFFECTS = List.of("NoSchedule", "PreferNoSchedule", "NoExecute");

    private TaintRules() {}

    /// Reports everything wrong with a node's taints.
    public static void checkTaints(Field taints) {
        Set<String> seen = new HashSet<>();
        for (Field taint : taints.items()) {
            taint.get("key").requireForm(NameRules::qualifiedName);
            taint.get("value").requireForm(NameRules::labelValue);
            Field effect = taint.get("effect");
            if (effect.isEmpty()) {
                effect.required("");
            } else {
                effect.requireOneOf(EFFECTS);
            }
            if (!seen.add(taint.get("key").text() + " " + effect.text())) {
                String shown = GoShape.of("core.v1.Taint", taint.value()).toString();
                taint.report(new Cause(
                        "FieldValueDuplicate",
                        "Duplicate value: " + shown + ": taints must be unique by key and effect pair",
                        taint.path()));
            }
        }
    }

    /// Reports everything wrong with tolerations.
    public static void checkTolerations(Field tolerations) {
        tolerations.items().forEach(TaintRules::checkToleration);
    }

    private static void checkToleration(Field toleration) {
        Field key = toleration.get("key");
        Field operator = toleration.get("operator");
        Field value = toleration.get("value");
        Field effect = toleration.get("effect");
        if (!key.isEmpty()) {
            key.requireForm(NameRules::qualifiedName);
        } else if (!operator.text().equals("Exists")) {
            operator.invalid(
                    operator.text(),
                    "operator must be Exists when `key` is empty, which means \"match all values and all keys\"");
        }
        if (toleration.get("tolerationSeconds").isSet() && !effect.text().equals("NoExecute")) {
            effect.invalid(effect.text(), "effect must be 'NoExecute' when `tolerationSeconds` is set");
        }
        switch (operator.text()) {
            case "Equal", "" -> {
                List<String> problems = NameRules.labelValue(value.text());
                if (!problems.isEmpty()) {
                    operator.invalid(value.text(), String.join(";", problems));
                }
            }
            case "Exists" -> {
                if (!value.isEmpty()) {
                    operator.invalid(value.text(), "value must be empty when `operator` is 'Exists'");
                }
            }
            default -> operator.notSupported(List.of("Equal", "Exists"));
        }
        if (!effect.isEmpty()) {
            effect.requireOneOf(EFFECTS);
        }
    }
}
