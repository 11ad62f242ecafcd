package io.jubernetes.apiserver.registry.admissionregistration;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.apiserver.validation.LabelSelectorRules;
import io.jubernetes.apiserver.webhook.ClientConfigRules;
import io.jubernetes.common.cel.PolicyExpressions;
import io.jubernetes.common.meta.NameRules;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// What must hold for the webhooks of one configuration.
///
/// @param sideEffects whether none may have side effects
/// @param knownVersions whether each must understand a version of the review that is sent
/// @param uniqueNames whether no two may have the same name
/// @param lenientLabels whether selectors may have values that no label has
/// @param conditions whether conditions are checked
record WebhookRules(
        boolean sideEffects, boolean knownVersions, boolean uniqueNames, boolean lenientLabels, boolean conditions) {
    /// For configurations that are being created.
    static final WebhookRules ALL = new WebhookRules(true, true, true, false, true);

    private static final List<String> WITHOUT_EFFECT = List.of("None", "NoneOnDryRun");
    private static final List<String> REVIEW_VERSIONS = List.of("v1", "v1beta1");
    private static final long MAX_TIMEOUT_SECONDS = 30;

    /// For changes: whatever was wrong before may stay wrong.
    static WebhookRules since(Field webhooks, Field old) {
        Set<String> names = new HashSet<>();
        boolean unique = true;
        boolean harmless = true;
        boolean known = true;
        boolean labels = true;
        for (Field hook : old.items()) {
            unique &= names.add(hook.get("name").text());
            harmless &= WITHOUT_EFFECT.contains(hook.get("sideEffects").text());
            Field versions = hook.get("admissionReviewVersions");
            known &= versions.isEmpty() || hasKnownVersion(versions);
            for (String selector : List.of("namespaceSelector", "objectSelector")) {
                labels &= LabelSelectorRules.check(Field.root(hook.get(selector).value()));
            }
        }
        return new WebhookRules(harmless, known, unique, !labels, !sameConditions(webhooks, old));
    }

    private static boolean sameConditions(Field webhooks, Field old) {
        List<Field> now = webhooks.items();
        List<Field> before = old.items();
        if (now.size() != before.size()) {
            return false;
        }
        for (int i = 0; i < now.size(); i++) {
            JsonNode conditions = now.get(i).get("matchConditions").value();
            if (!Meta.same(conditions, before.get(i).get("matchConditions").value())) {
                return false;
            }
        }
        return true;
    }

    private static boolean hasKnownVersion(Field versions) {
        return versions.items().stream().anyMatch(version -> REVIEW_VERSIONS.contains(version.text()));
    }

    /// Reports everything wrong with the webhooks.
    void check(Field webhooks) {
        Set<String> names = new HashSet<>();
        for (Field hook : webhooks.items()) {
            checkHook(hook);
            checkVersions(hook.get("admissionReviewVersions"));
            Field name = hook.get("name");
            if (uniqueNames && !name.isEmpty() && !names.add(name.text())) {
                name.duplicate();
            }
        }
    }

    private void checkHook(Field hook) {
        checkName(hook.get("name"));
        hook.get("rules").items().forEach(rule -> MatchRules.checkRule(rule, MatchRules.OPERATIONS));
        hook.get("failurePolicy").requireOneOf(List.of("Fail", "Ignore"));
        hook.get("matchPolicy").requireOneOf(List.of("Equivalent", "Exact"));
        Field effects = hook.get("sideEffects");
        List<String> allowed = sideEffects ? WITHOUT_EFFECT : List.of("None", "NoneOnDryRun", "Some", "Unknown");
        if (effects.isSet()) {
            effects.requireOneOf(allowed);
        } else if (sideEffects) {
            effects.required("must specify one of " + String.join(", ", allowed));
        }
        Field timeout = hook.get("timeoutSeconds");
        if (timeout.isSet() && (timeout.number() < 1 || timeout.number() > MAX_TIMEOUT_SECONDS)) {
            timeout.invalid("the timeout value must be between 1 and " + MAX_TIMEOUT_SECONDS + " seconds");
        }
        LabelSelectorRules.check(hook.get("namespaceSelector"), lenientLabels);
        LabelSelectorRules.check(hook.get("objectSelector"), lenientLabels);
        Field client = hook.get("clientConfig");
        ClientConfigRules.validateAddress(client.value(), client.path()).forEach(client::report);
        if (conditions) {
            MatchRules.checkConditions(hook.get("matchConditions"), PolicyExpressions.of(false));
        }
        hook.get("reinvocationPolicy").requireOneOf(List.of("IfNeeded", "Never"));
    }

    private static void checkName(Field name) {
        List<String> problems = NameRules.subdomain(name.text());
        if (name.isEmpty()) {
            name.required("");
        } else if (!problems.isEmpty()) {
            name.invalid(String.join(",", problems));
        } else if (name.text().split("\\.", -1).length < 3) {
            name.invalid("should be a domain with at least three segments separated by dots");
        }
    }

    private void checkVersions(Field versions) {
        if (versions.isEmpty()) {
            versions.required("must specify one of " + String.join(", ", REVIEW_VERSIONS));
            return;
        }
        Set<String> seen = new HashSet<>();
        for (Field version : versions.items()) {
            if (seen.add(version.text())) {
                version.requireForm(NameRules::label1035);
            } else {
                version.duplicate();
            }
        }
        if (knownVersions && !hasKnownVersion(versions)) {
            versions.invalid("must include at least one of " + String.join(", ", REVIEW_VERSIONS));
        }
    }
}
