package io.jubernetes.apiserver.authz;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.authz.Authorizer.Attributes;
import java.util.ArrayList;
import java.util.List;

/// One rule of a role: verbs on resources or on paths.
///
/// @param paths the rule's `nonResourceURLs`
public record PolicyRule(
        List<String> verbs,
        List<String> apiGroups,
        List<String> resources,
        List<String> resourceNames,
        List<String> paths) {
    /// Reads a rule of a stored role.
    public static PolicyRule of(JsonNode rule) {
        return new PolicyRule(
                strings(rule, "verbs"),
                strings(rule, "apiGroups"),
                strings(rule, "resources"),
                strings(rule, "resourceNames"),
                strings(rule, "nonResourceURLs"));
    }

    private static List<String> strings(JsonNode rule, String field) {
        List<String> values = new ArrayList<>();
        rule.path(field).forEach(value -> values.add(value.asText()));
        return List.copyOf(values);
    }

    boolean allows(Attributes asked) {
        if (!verbs.contains("*") && !verbs.contains(asked.verb())) {
            return false;
        }
        if (!asked.resourceRequest()) {
            return paths.stream().anyMatch(pattern -> coversPath(pattern, asked.path()));
        }
        return (apiGroups.contains("*") || apiGroups.contains(asked.group()))
                && coversResource(asked.resource(), asked.subresource())
                && (resourceNames.isEmpty() || resourceNames.contains(asked.name()));
    }

    private boolean coversResource(String resource, String subresource) {
        if (resources.contains("*")) {
            return true;
        }
        if (subresource.isEmpty()) {
            return resources.contains(resource);
        }
        return resources.contains(resource + "/" + subresource) || resources.contains("*/" + subresource);
    }

    static boolean coversPath(String pattern, String path) {
        return pattern.equals("*")
                || pattern.equals(path)
                || pattern.endsWith("*") && path.startsWith(pattern.substring(0, pattern.length() - 1));
    }
}
