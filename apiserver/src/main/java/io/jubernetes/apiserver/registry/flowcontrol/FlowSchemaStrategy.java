package io.jubernetes.apiserver.registry.flowcontrol;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.CheckedStrategy;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.common.meta.NameRules;
import java.util.ArrayList;
import java.util.List;

/// Flow schemas: which requests go to which priority level.
public final class FlowSchemaStrategy extends CheckedStrategy {
    private static final int DEFAULT_PRECEDENCE = 1000;
    private static final int MAX_PRECEDENCE = 10_000;
    private static final List<String> VERBS =
            List.of("create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch");
    private static final Table TABLE = Columns.named()
            .text(
                    "PriorityLevel",
                    item -> item.path("spec")
                            .path("priorityLevelConfiguration")
                            .path("name")
                            .asText(""))
            .number(
                    "MatchingPrecedence",
                    item -> item.path("spec").path("matchingPrecedence").asLong(0))
            .text(
                    "DistinguisherMethod",
                    item -> item.path("spec")
                            .path("distinguisherMethod")
                            .path("type")
                            .asText("<none>"))
            .age()
            .text("MissingPL", FlowSchemaStrategy::dangling);

    private static String dangling(JsonNode item) {
        for (JsonNode condition : item.path("status").path("conditions")) {
            if (condition.path("type").asText("").equals("Dangling")) {
                return condition.path("status").asText("");
            }
        }
        return "?";
    }

    @Override
    public boolean hasStatus() {
        return true;
    }

    @Override
    public boolean hasGeneration() {
        return true;
    }

    @Override
    public void applyDefaults(ObjectNode item) {
        ObjectNode spec = Meta.child(item, "spec");
        if (spec.path("matchingPrecedence").asLong(0) == 0) {
            spec.put("matchingPrecedence", DEFAULT_PRECEDENCE);
        }
    }

    @Override
    protected void check(Field item) {
        Field spec = item.get("spec");
        Field precedence = spec.get("matchingPrecedence");
        if (precedence.number() <= 0) {
            precedence.invalid("must be a positive value");
        }
        if (precedence.number() > MAX_PRECEDENCE) {
            precedence.invalid("must not be greater than " + MAX_PRECEDENCE);
        }
        if (precedence.number() == 1 && !item.get("metadata").get("name").text().equals("exempt")) {
            precedence.invalid("only the schema named 'exempt' may have matchingPrecedence 1");
        }
        Field method = spec.get("distinguisherMethod");
        if (method.isSet()) {
            method.get("type").requireListed(List.of("ByNamespace", "ByUser"));
        }
        Field level = spec.get("priorityLevelConfiguration").get("name");
        if (level.isEmpty()) {
            level.required("must reference a priority level");
        } else {
            level.requireForm(NameRules::subdomain);
        }
        spec.get("rules").items().forEach(FlowSchemaStrategy::checkRule);
        FixedSpec.checkSchema(item);
        FlowConditions.check(item.get("status"));
    }

    @Override
    protected void checkStatusUpdate(Field item, Field old) {
        FlowConditions.check(item.get("status"));
    }

    private static void checkRule(Field rule) {
        Field subjects = rule.get("subjects");
        if (subjects.isEmpty()) {
            subjects.required("subjects must contain at least one value");
        }
        subjects.items().forEach(FlowSchemaStrategy::checkSubject);
        Field resources = rule.get("resourceRules");
        Field others = rule.get("nonResourceRules");
        if (resources.isEmpty() && others.isEmpty()) {
            rule.required("at least one of resourceRules and nonResourceRules has to be non-empty");
        }
        resources.items().forEach(FlowSchemaStrategy::checkResources);
        others.items().forEach(FlowSchemaStrategy::checkUrls);
    }

    private static void checkSubject(Field subject) {
        Field kind = subject.get("kind");
        List<String> kinds = List.of("Group", "ServiceAccount", "User");
        if (!kinds.contains(kind.text())) {
            kind.requireListed(kinds);
            return;
        }
        String own = fieldOf(kind.text());
        Field named = subject.get(own);
        if (!named.isSet()) {
            named.required(own + " is required when subject kind is '" + kind.text() + "'");
        } else if (kind.text().equals("ServiceAccount")) {
            checkAccount(named);
        } else {
            named.get("name").requireValue();
        }
        for (String other : List.of("ServiceAccount", "User", "Group")) {
            Field field = subject.get(fieldOf(other));
            if (!other.equals(kind.text()) && field.isSet()) {
                field.forbidden(fieldOf(other) + " is forbidden when subject kind is not '" + other + "'");
            }
        }
    }

    private static String fieldOf(String kind) {
        return Character.toLowerCase(kind.charAt(0)) + kind.substring(1);
    }

    private static void checkAccount(Field account) {
        Field name = account.get("name");
        if (name.requireValue() && !name.text().equals("*")) {
            name.requireForm(NameRules::subdomain);
        }
        Field namespace = account.get("namespace");
        if (namespace.isEmpty()) {
            namespace.required("must specify namespace for service account");
        } else {
            namespace.requireForm(NameRules::label);
        }
    }

    private static void checkVerbs(Field verbs) {
        List<String> texts = texts(verbs);
        if (verbs.isEmpty()) {
            verbs.required("verbs must contain at least one value");
        } else if (!checkWildcard(verbs, "verbs") && !VERBS.containsAll(texts)) {
            verbs.notSupported(VERBS);
        }
    }

    /// Reports a wildcard that does not stand alone.
    ///
    /// @return whether there is a wildcard
    private static boolean checkWildcard(Field list, String what) {
        List<String> texts = texts(list);
        if (!texts.contains("*")) {
            return false;
        }
        if (texts.size() > 1) {
            list.invalid("if '*' is present, must not specify other " + what);
        }
        return true;
    }

    private static List<String> texts(Field list) {
        List<String> texts = new ArrayList<>();
        list.items().forEach(item -> texts.add(item.text()));
        return texts;
    }

    private static void checkResources(Field rule) {
        checkVerbs(rule.get("verbs"));
        Field groups = rule.get("apiGroups");
        if (groups.isEmpty()) {
            groups.required("resource rules must supply at least one api group");
        }
        checkWildcard(groups, "api groups");
        Field resources = rule.get("resources");
        if (resources.isEmpty()) {
            resources.required("resource rules must supply at least one resource");
        }
        checkWildcard(resources, "resources");
        Field namespaces = rule.get("namespaces");
        if (namespaces.isEmpty() && !rule.get("clusterScope").isTrue()) {
            namespaces.required("resource rules that are not cluster scoped must supply at least one namespace");
        } else if (!checkWildcard(namespaces, "namespaces")) {
            for (Field namespace : namespaces.items()) {
                NameRules.label(namespace.text())
                        .forEach(problem -> namespace.invalid(
                                "each member of this list must be '*' or a DNS-1123 label; " + problem));
            }
        }
    }

    private static void checkUrls(Field rule) {
        checkVerbs(rule.get("verbs"));
        Field urls = rule.get("nonResourceURLs");
        if (urls.isEmpty()) {
            urls.required("nonResourceURLs must contain at least one value");
        } else if (!checkWildcard(urls, "non-resource URLs")) {
            urls.items().forEach(FlowSchemaStrategy::checkUrl);
        }
    }

    private static void checkUrl(Field url) {
        String text = url.text();
        int star = text.indexOf('*');
        if (text.isEmpty()) {
            url.invalid("must not be empty");
        } else if (text.equals("/")) {
            return;
        } else if (!text.startsWith("/")) {
            url.invalid("must start with slash");
        } else if (text.contains(" ")) {
            url.invalid("must not contain white-space");
        } else if (text.contains("//")) {
            url.invalid("must not contain double slash");
        } else if (star >= 0 && (star < text.length() - 1 || !text.endsWith("/*"))) {
            url.invalid("wildcard can only do suffix matching");
        }
    }

    @Override
    public Table table() {
        return TABLE;
    }
}
