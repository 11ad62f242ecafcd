package io.jubernetes.apiserver.authz;

import io.jubernetes.common.codec.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/// Which of some rules are not covered by others: nobody may grant what they do not hold.
public final class RuleCoverage {
    /// Everything there is, which an aggregated role may come to hold.
    public static final List<PolicyRule> EVERYTHING = List.of(
            new PolicyRule(List.of("*"), List.of("*"), List.of("*"), List.of(), List.of()),
            new PolicyRule(List.of("*"), List.of(), List.of(), List.of(), List.of("*")));

    private RuleCoverage() {}

    /// The parts of the granted rules that the owned rules lack, as messages show them, sorted; empty when all are
    /// covered.
    public static List<String> missing(List<PolicyRule> owned, List<PolicyRule> granted) {
        Map<List<String>, PolicyRule> missing = new LinkedHashMap<>();
        for (PolicyRule rule : granted) {
            for (PolicyRule part : parts(rule)) {
                if (owned.stream().noneMatch(held -> covers(held, part))) {
                    missing.merge(keyOf(part), part, RuleCoverage::withVerbs);
                }
            }
        }
        var described = new TreeSet<String>();
        missing.values().forEach(rule -> described.add(describe(rule)));
        return List.copyOf(described);
    }

    /// Rules about the same resource are shown as one; rules about paths are not.
    private static List<String> keyOf(PolicyRule part) {
        List<String> key = new ArrayList<>();
        if (!part.paths().isEmpty()) {
            key.addAll(part.paths());
            key.addAll(part.verbs());
            return key;
        }
        key.add("");
        key.addAll(part.apiGroups());
        key.addAll(part.resources());
        key.addAll(part.resourceNames());
        return key;
    }

    private static PolicyRule withVerbs(PolicyRule one, PolicyRule other) {
        List<String> verbs = new ArrayList<>(one.verbs());
        other.verbs().stream().filter(verb -> !verbs.contains(verb)).forEach(verbs::add);
        return new PolicyRule(verbs, one.apiGroups(), one.resources(), one.resourceNames(), one.paths());
    }

    /// A rule taken apart so that each part names one thing of each kind.
    private static List<PolicyRule> parts(PolicyRule rule) {
        List<PolicyRule> parts = new ArrayList<>();
        for (String group : rule.apiGroups()) {
            for (String resource : rule.resources()) {
                for (String verb : rule.verbs()) {
                    List<String> names = rule.resourceNames();
                    if (names.isEmpty()) {
                        parts.add(part(verb, group, resource, List.of()));
                    }
                    names.forEach(name -> parts.add(part(verb, group, resource, List.of(name))));
                }
            }
        }
        for (String path : rule.paths()) {
            for (String verb : rule.verbs()) {
                parts.add(new PolicyRule(List.of(verb), List.of(), List.of(), List.of(), List.of(path)));
            }
        }
        return parts;
    }

    private static PolicyRule part(String verb, String group, String resource, List<String> names) {
        return new PolicyRule(List.of(verb), List.of(group), List.of(resource), names, List.of());
    }

    private static boolean covers(PolicyRule held, PolicyRule part) {
        return coversAll(held.verbs(), part.verbs())
                && coversAll(held.apiGroups(), part.apiGroups())
                && part.resources().stream().allMatch(resource -> coversResource(held.resources(), resource))
                && part.paths().stream()
                        .allMatch(path -> held.paths().stream().anyMatch(own -> PolicyRule.coversPath(own, path)))
                && (held.resourceNames().isEmpty()
                        || !part.resourceNames().isEmpty()
                                && held.resourceNames().containsAll(part.resourceNames()));
    }

    private static boolean coversAll(List<String> held, List<String> asked) {
        return held.contains("*") || held.containsAll(asked);
    }

    private static boolean coversResource(List<String> held, String resource) {
        int slash = resource.indexOf('/');
        return held.contains("*")
                || held.contains(resource)
                || slash >= 0 && held.contains("*" + resource.substring(slash));
    }

    private static String describe(PolicyRule rule) {
        List<String> fields = new ArrayList<>();
        field(fields, "APIGroups", rule.apiGroups());
        field(fields, "Resources", rule.resources());
        field(fields, "NonResourceURLs", rule.paths());
        field(fields, "ResourceNames", rule.resourceNames());
        field(fields, "Verbs", rule.verbs());
        return "{" + String.join(", ", fields) + "}";
    }

    private static void field(List<String> fields, String name, List<String> values) {
        if (!values.isEmpty()) {
            fields.add(name + ":" + quoted(values));
        }
    }

    /// Texts as a list in Go's quotes.
    public static String quoted(List<String> values) {
        return "[" + String.join(" ", values.stream().map(Json::text).toList()) + "]";
    }
}
