package io.jubernetes.apiserver.registry.batch;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.registry.core.podspec.PodSpecRules;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.InternalForm;
import io.jubernetes.common.meta.NameRules;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// What must hold for a job's specification, in jobs and in the templates of cron jobs.
final class JobRules {
    private static final String NEEDS_INDEXED = "requires indexed completion mode";
    private static final int MAX_INDEXED = 100_000;
    private static final int MAX_WIDE = 10_000;
    private static final int MAX_RULES = 20;
    private static final int MAX_EXIT_CODES = 255;
    private static final int MAX_INDEXES_TEXT = 64 << 10;
    private static final int MAX_MANAGER = 63;
    private static final List<String> ACTIONS = List.of("Count", "FailIndex", "FailJob", "Ignore");
    private static final String PATH_CHARACTERS = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
    private static final Pattern PATH = Pattern.compile(PATH_CHARACTERS);

    private JobRules() {}

    static boolean isIndexed(JsonNode spec) {
        return spec.path("completionMode").asText("").equals("Indexed");
    }

    /// Reports everything wrong with a specification but its selector.
    ///
    /// @param old the stored one; missing for a new job
    static void check(Field spec, JsonNode old) {
        for (String count : List.of(
                "parallelism",
                "completions",
                "activeDeadlineSeconds",
                "backoffLimit",
                "ttlSecondsAfterFinished",
                "backoffLimitPerIndex")) {
            spec.get(count).requireNonNegative();
        }
        Field perIndex = spec.get("backoffLimitPerIndex");
        Field maxFailed = spec.get("maxFailedIndexes");
        if (maxFailed.isSet()) {
            maxFailed.requireNonNegative();
            if (!perIndex.isSet()) {
                perIndex.required("when maxFailedIndexes is specified");
            }
        }
        if (spec.get("managedBy").isSet()) {
            checkManager(spec.get("managedBy"));
        }
        checkMode(spec);
        if (!isIndexed(spec.value())) {
            for (Field field : List.of(perIndex, maxFailed)) {
                if (field.isSet()) {
                    field.invalid(NEEDS_INDEXED);
                }
            }
        }
        Field failure = spec.get("podFailurePolicy");
        if (failure.isSet()) {
            checkFailurePolicy(failure, spec);
        }
        Field success = spec.get("successPolicy");
        if (success.isSet()) {
            if (isIndexed(spec.value())) {
                checkSuccessPolicy(success, spec);
            } else {
                success.invalid(InternalForm.of("batch.v1.SuccessPolicy", success.value()), NEEDS_INDEXED);
            }
        }
        Field replacement = spec.get("podReplacementPolicy");
        if (replacement.isSet()) {
            replacement.requireListed(failure.isSet() ? List.of("Failed") : List.of("Failed", "TerminatingOrFailed"));
        }
        PodSpecRules.checkTemplate(spec.get("template"), old.path("template"));
        checkRestart(spec.get("template").get("spec").get("restartPolicy"), failure.isSet());
    }

    private static void checkRestart(Field restart, boolean failurePolicy) {
        switch (restart.text()) {
            case "Always", "" -> restart.required("valid values: \"OnFailure\", \"Never\"");
            case "OnFailure", "Never" -> {}
            default -> restart.notSupported(List.of("OnFailure", "Never"));
        }
        if (failurePolicy && !restart.text().equals("Never")) {
            restart.invalid("only \"Never\" is supported when podFailurePolicy is specified");
        }
    }

    private static void checkManager(Field manager) {
        String text = manager.text();
        int slash = text.indexOf('/');
        if (text.isEmpty()) {
            manager.required("");
        } else if (slash <= 0 || slash == text.length() - 1) {
            manager.invalid("must be a domain-prefixed path (such as \"acme.io/foo\")");
        } else {
            NameRules.subdomain(text.substring(0, slash)).forEach(manager::invalid);
            String path = text.substring(slash + 1);
            if (!PATH.matcher(path).matches()) {
                manager.invalid(path, "Invalid path (regex used for validation is '" + PATH_CHARACTERS + "')");
            }
        }
        if (text.length() > MAX_MANAGER) {
            manager.tooLong(MAX_MANAGER);
        }
    }

    private static void checkMode(Field spec) {
        Field mode = spec.get("completionMode");
        if (!mode.isSet()) {
            return;
        }
        mode.requireListed(List.of("NonIndexed", "Indexed"));
        if (!isIndexed(spec.value())) {
            return;
        }
        Field completions = spec.get("completions");
        Field parallelism = spec.get("parallelism");
        Field maxFailed = spec.get("maxFailedIndexes");
        if (!completions.isSet()) {
            completions.required("when completion mode is Indexed");
        }
        if (parallelism.number() > MAX_INDEXED) {
            parallelism.invalid("must be less than or equal to " + MAX_INDEXED + " when completion mode is Indexed");
        }
        if (completions.isSet() && maxFailed.isSet() && maxFailed.number() > completions.number()) {
            maxFailed.invalid("must be less than or equal to completions");
        }
        if (maxFailed.number() > MAX_INDEXED) {
            maxFailed.invalid("must be less than or equal to " + MAX_INDEXED);
        }
        if (completions.number() > MAX_INDEXED
                && spec.get("backoffLimitPerIndex").isSet()) {
            if (!maxFailed.isSet()) {
                maxFailed.required("must be specified when completions is above " + MAX_INDEXED);
            }
            for (Field wide : List.of(parallelism, maxFailed)) {
                if (wide.number() > MAX_WIDE) {
                    wide.invalid("must be less than or equal to " + MAX_WIDE + " when completions are above "
                            + MAX_INDEXED + " and used with backoff limit per index");
                }
            }
        }
    }

    private static void checkFailurePolicy(Field policy, Field spec) {
        Set<String> containers = new HashSet<>();
        JsonNode pod = spec.value().path("template").path("spec");
        for (String list : List.of("containers", "initContainers")) {
            pod.path(list)
                    .forEach(container -> containers.add(container.path("name").asText("")));
        }
        Field rules = policy.get("rules");
        checkCount(rules, MAX_RULES);
        for (Field rule : rules.items()) {
            Field action = rule.get("action");
            if (action.isEmpty()) {
                action.required("valid values: " + listed(ACTIONS));
            } else if (action.text().equals("FailIndex")) {
                if (!spec.get("backoffLimitPerIndex").isSet()) {
                    action.invalid("requires the backoffLimitPerIndex to be set");
                }
            } else {
                action.requireListed(ACTIONS);
            }
            boolean codes = rule.get("onExitCodes").isSet();
            boolean conditions = !rule.get("onPodConditions").isEmpty();
            if (codes) {
                checkExitCodes(rule.get("onExitCodes"), containers);
            }
            checkConditions(rule.get("onPodConditions"));
            if (codes && conditions) {
                rule.invalidUnshown("specifying both OnExitCodes and OnPodConditions is not supported");
            } else if (!codes && !conditions) {
                rule.invalidUnshown("specifying one of OnExitCodes and OnPodConditions is required");
            }
        }
    }

    private static void checkCount(Field list, int most) {
        if (list.value().size() > most) {
            list.tooMany(list.value().size(), most);
        }
    }

    private static String listed(List<String> values) {
        return values.stream().map(value -> "\"" + value + "\"").collect(Collectors.joining(" ", "[", "]"));
    }

    private static void requireListed(Field field, List<String> supported) {
        if (field.isEmpty()) {
            field.required("valid values: " + listed(supported));
        } else {
            field.requireListed(supported);
        }
    }

    private static void checkExitCodes(Field codes, Set<String> containers) {
        Field operator = codes.get("operator");
        requireListed(operator, List.of("In", "NotIn"));
        Field container = codes.get("containerName");
        if (container.isSet() && !containers.contains(container.text())) {
            container.invalid("must be one of the container or initContainer names in the pod template");
        }
        Field values = codes.get("values");
        JsonNode shown =
                values.value().isArray() ? values.value() : io.jubernetes.common.codec.Json.MAPPER.createArrayNode();
        if (values.isEmpty()) {
            values.invalid(shown, "at least one value is required");
        } else {
            checkCount(values, MAX_EXIT_CODES);
        }
        Set<Long> seen = new HashSet<>();
        boolean ordered = true;
        long before = Long.MIN_VALUE;
        for (Field value : values.items()) {
            if (operator.text().equals("In") && value.number() == 0) {
                value.invalid("must not be 0 for the In operator");
            }
            if (!seen.add(value.number())) {
                value.duplicate();
            }
            ordered &= before <= value.number();
            before = value.number();
        }
        if (!ordered) {
            values.invalid(shown, "must be ordered");
        }
    }

    private static void checkConditions(Field patterns) {
        checkCount(patterns, MAX_RULES);
        for (Field pattern : patterns.items()) {
            pattern.get("type").requireForm(NameRules::qualifiedName);
            requireListed(pattern.get("status"), List.of("False", "True", "Unknown"));
        }
    }

    private static void checkSuccessPolicy(Field policy, Field spec) {
        Field rules = policy.get("rules");
        long completions = spec.get("completions").number();
        if (rules.isEmpty()) {
            rules.required("at least one rules must be specified when the successPolicy is specified");
        }
        checkCount(rules, MAX_RULES);
        for (Field rule : rules.items()) {
            Field count = rule.get("succeededCount");
            Field indexes = rule.get("succeededIndexes");
            if (!count.isSet() && !indexes.isSet()) {
                rule.required("at least one of succeededCount or succeededIndexes must be specified");
            }
            long total = 0;
            if (indexes.isSet()) {
                if (indexes.text().length() > MAX_INDEXES_TEXT) {
                    indexes.tooLong(MAX_INDEXES_TEXT);
                }
                Indexes parsed = Indexes.parse(indexes.text(), completions);
                total = parsed.total();
                if (!parsed.problem().isEmpty()) {
                    indexes.invalid("error parsing succeededIndexes: " + parsed.problem());
                }
            }
            if (count.isSet()) {
                checkSucceeded(count, completions, indexes.isSet(), total);
            }
        }
    }

    private static void checkSucceeded(Field count, long completions, boolean indexes, long total) {
        count.requireNonNegative();
        if (count.number() > completions) {
            count.invalid("must be less than or equal to " + completions + " (the number of specified completions)");
        }
        if (indexes && count.number() > total) {
            count.invalid("must be less than or equal to " + total
                    + " (the number of indexes in the specified succeededIndexes field)");
        }
    }

    /// Reports a difference of a field that cannot change.
    static void checkSame(Field field, JsonNode old, Object shown) {
        if (!io.jubernetes.apiserver.resource.Meta.same(field.value(), old)) {
            field.report(Cause.invalid(field.path(), shown, "field is immutable"));
        }
    }
}
