package io.jubernetes.apiserver.registry.core.podspec;

import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.LabelSelectorRules;
import io.jubernetes.apiserver.validation.NodeSelectorRules;
import io.jubernetes.common.meta.NameRules;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Where a pod may run: affinity, tolerations, gates and topology spread.
final class SchedulingRules {
    private static final String REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution";
    private static final String PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution";
    private static final String NEEDS_SELECTOR = "must not be specified when labelSelector is not set";

    private SchedulingRules() {}

    static void checkAffinity(SpecScope scope) {
        Field affinity = scope.spec().get("affinity");
        Field node = affinity.get("nodeAffinity");
        if (node.get(REQUIRED).isSet()) {
            NodeSelectorRules.check(node.get(REQUIRED), scope.leniency().nodeAffinityValues());
        }
        for (Field term : node.get(PREFERRED).items()) {
            checkWeight(term.get("weight"));
            // A preference nobody can meet does no harm.
            NodeSelectorRules.checkTerm(term.get("preference"), true);
        }
        for (String kind : List.of("podAffinity", "podAntiAffinity")) {
            for (Field term : affinity.get(kind).get(REQUIRED).items()) {
                checkPodTerm(term, scope);
            }
            for (Field term : affinity.get(kind).get(PREFERRED).items()) {
                checkWeight(term.get("weight"));
                checkPodTerm(term.get("podAffinityTerm"), scope);
            }
        }
    }

    private static void checkWeight(Field weight) {
        if (weight.number() <= 0 || weight.number() > 100) {
            weight.invalid(weight.number(), "must be in the range 1-100");
        }
    }

    private static void checkPodTerm(Field term, SpecScope scope) {
        boolean lenient = scope.leniency().selectorValues();
        LabelSelectorRules.check(term.get("labelSelector"), lenient);
        LabelSelectorRules.check(term.get("namespaceSelector"), lenient);
        for (Field namespace : term.get("namespaces").items()) {
            NameRules.label(namespace.text())
                    .forEach(problem -> term.get("namespace").invalid(namespace.text(), problem));
        }
        checkLabelKeys(term);
        Field key = term.get("topologyKey");
        if (key.isEmpty()) {
            key.required("can not be empty");
        }
        key.requireForm(NameRules::qualifiedName);
    }

    private static void checkLabelKeys(Field term) {
        Field selector = term.get("labelSelector");
        Field match = term.get("matchLabelKeys");
        Field mismatch = term.get("mismatchLabelKeys");
        for (Field keys : List.of(match, mismatch)) {
            if (keys.isEmpty()) {
                continue;
            }
            if (!selector.isSet()) {
                keys.forbidden(NEEDS_SELECTOR);
            } else {
                keys.items().forEach(key -> key.requireForm(NameRules::qualifiedName));
            }
        }
        if (selector.isSet()) {
            checkSelectedTwice(term, match, selector);
        }
        Set<String> excluded = new HashSet<>();
        mismatch.items().forEach(key -> excluded.add(key.text()));
        for (Field key : match.items()) {
            if (excluded.contains(key.text())) {
                key.invalid("exists in both matchLabelKeys and mismatchLabelKeys");
            }
        }
    }

    static void checkTolerations(Field tolerations) {
        for (Field toleration : tolerations.items()) {
            Field key = toleration.get("key");
            Field operator = toleration.get("operator");
            Field effect = toleration.get("effect");
            String value = toleration.get("value").text();
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
                    List<String> problems = NameRules.labelValue(value);
                    if (!problems.isEmpty()) {
                        operator.invalid(value, String.join(";", problems));
                    }
                }
                case "Exists" -> {
                    if (!value.isEmpty()) {
                        operator.invalid(value, "value must be empty when `operator` is 'Exists'");
                    }
                }
                default -> operator.notSupported(List.of("Equal", "Exists"));
            }
            if (!effect.isEmpty()) {
                effect.requireOneOf(List.of("NoSchedule", "PreferNoSchedule", "NoExecute"));
            }
        }
    }

    static void checkGates(Field gates) {
        Set<String> seen = new HashSet<>();
        for (Field gate : gates.items()) {
            String name = gate.get("name").text();
            NameRules.qualifiedName(name).forEach(problem -> gate.invalid(name, problem));
            if (!seen.add(name)) {
                gate.duplicate(name);
            }
        }
    }

    static void checkSpread(SpecScope scope) {
        List<Field> constraints = scope.spec().get("topologySpreadConstraints").items();
        for (int i = 0; i < constraints.size(); i++) {
            Field constraint = constraints.get(i);
            Field skew = constraint.get("maxSkew");
            if (skew.number() <= 0) {
                skew.invalid(skew.number(), "must be greater than zero");
            }
            Field key = constraint.get("topologyKey");
            if (key.isEmpty()) {
                key.required("can not be empty");
            }
            Field action = constraint.get("whenUnsatisfiable");
            action.requireListed(List.of("DoNotSchedule", "ScheduleAnyway"));
            for (Field later : constraints.subList(i + 1, constraints.size())) {
                if (later.get("topologyKey").text().equals(key.text())
                        && later.get("whenUnsatisfiable").text().equals(action.text())) {
                    constraint
                            .get("{topologyKey, whenUnsatisfiable}")
                            .duplicate("{" + key.text() + ", " + action.text() + "}");
                    break;
                }
            }
            checkMinDomains(constraint.get("minDomains"), action.text());
            for (String policy : List.of("nodeAffinityPolicy", "nodeTaintsPolicy")) {
                constraint.get(policy).requireOneOf(List.of("Honor", "Ignore"));
            }
            checkSpreadKeys(constraint);
            if (!scope.leniency().spreadSelectors()) {
                LabelSelectorRules.check(constraint.get("labelSelector"));
            }
        }
    }

    private static void checkMinDomains(Field domains, String action) {
        if (!domains.isSet()) {
            return;
        }
        if (domains.number() <= 0) {
            domains.invalid("must be greater than zero");
        }
        if (!action.equals("DoNotSchedule")) {
            domains.invalid("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not " + action);
        }
    }

    private static void checkSpreadKeys(Field constraint) {
        Field keys = constraint.get("matchLabelKeys");
        Field selector = constraint.get("labelSelector");
        if (keys.isEmpty()) {
            return;
        }
        if (!selector.isSet()) {
            keys.forbidden(NEEDS_SELECTOR);
        }
        keys.items().forEach(key -> key.requireForm(NameRules::qualifiedName));
        checkSelectedTwice(keys, keys, selector);
    }

    /// A key's own requirement has been added to the selector; a second one is the user's.
    private static void checkSelectedTwice(Field place, Field keys, Field selector) {
        Map<String, Integer> indexes = new HashMap<>();
        int index = 0;
        for (Field key : keys.items()) {
            indexes.put(key.text(), index++);
        }
        Set<String> selected =
                new HashSet<>(selector.get("matchLabels").entries().keySet());
        for (Field expression : selector.get("matchExpressions").items()) {
            String key = expression.get("key").text();
            Integer at = indexes.get(key);
            if (!selected.add(key) && at != null) {
                place.at(at).invalid(key, "exists in both matchLabelKeys and labelSelector");
            }
        }
    }
}
