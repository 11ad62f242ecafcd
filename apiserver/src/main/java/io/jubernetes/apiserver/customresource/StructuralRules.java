package io.jubernetes.apiserver.customresource;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What makes a schema structural: every value has a type, and what stands below `allOf`, `anyOf`,
/// `oneOf` and `not` only restricts what is declared outside of them.
final class StructuralRules {
    private enum Level {
        ROOT,
        ITEM,
        FIELD
    }

    private static final List<String> FORBIDDEN_TEXTS = List.of("title", "description");

    private final List<Cause> causes = new ArrayList<>();

    private StructuralRules() {}

    /// Everything that keeps a schema from being structural.
    static List<Cause> validate(JsonNode schema, String path) {
        var rules = new StructuralRules();
        rules.invariants(schema, Level.ROOT, path);
        rules.complete(schema, schema, path, path);
        rules.causes.sort(Comparator.comparing(cause -> cause.field() + ": " + cause.message()));
        return rules.causes;
    }

    private void required(String path, String why) {
        causes.add(Cause.required(path, why));
    }

    private void forbidden(String path, String why) {
        causes.add(Cause.forbidden(path, why));
    }

    private void invariants(JsonNode schema, Level level, String path) {
        if (!schema.isObject()) {
            return;
        }
        invariants(schema.path("items"), Level.ITEM, path + ".items");
        schema.path("properties")
                .properties()
                .forEach(entry ->
                        invariants(entry.getValue(), Level.FIELD, path + ".properties[" + entry.getKey() + "]"));
        JsonNode more = schema.path("additionalProperties");
        if (level == Level.ROOT && !more.isMissingNode()) {
            forbidden(path + ".additionalProperties", "must not be used at the root");
        }
        invariants(more, Level.FIELD, path + ".additionalProperties");
        extensions(schema, path);
        valueRules(schema, isIntOrString(schema) && isChoiceOfBoth(schema.path("anyOf")), skipsFirst(schema), path);
        type(schema, level, path);
        if (level == Level.ROOT || isEmbedded(schema)) {
            metadata(schema, path);
        }
        if (isEmbedded(schema)
                && !schema.path("x-kubernetes-preserve-unknown-fields").asBoolean(false)
                && schema.path("properties").isEmpty()) {
            required(
                    path + ".properties",
                    "must not be empty if x-kubernetes-embedded-resource is true without "
                            + "x-kubernetes-preserve-unknown-fields");
        }
    }

    private static boolean isEmbedded(JsonNode schema) {
        return schema.path("x-kubernetes-embedded-resource").asBoolean(false);
    }

    private static boolean isIntOrString(JsonNode schema) {
        return schema.path("x-kubernetes-int-or-string").asBoolean(false);
    }

    /// Whether the choices are exactly an integer and a string: the one place where a type may stand in
    /// a choice.
    private static boolean isChoiceOfBoth(JsonNode choices) {
        return choices.size() == 2
                && choices.get(0).size() == 1
                && choices.get(1).size() == 1
                && choices.get(0).path("type").asText().equals("integer")
                && choices.get(1).path("type").asText().equals("string");
    }

    private static boolean skipsFirst(JsonNode schema) {
        return isIntOrString(schema)
                && isChoiceOfBoth(schema.path("allOf").path(0).path("anyOf"));
    }

    private void type(JsonNode schema, Level level, String path) {
        String type = schema.path("type").asText("");
        boolean object = type.equals("object");
        if (isEmbedded(schema) && !object) {
            String why = "must be object if x-kubernetes-embedded-resource is true";
            if (type.isEmpty()) {
                required(path + ".type", why);
            } else {
                causes.add(Cause.invalid(path + ".type", type, why));
            }
        } else if (type.isEmpty()
                && !isIntOrString(schema)
                && !schema.path("x-kubernetes-preserve-unknown-fields").asBoolean(false)) {
            required(
                    path + ".type",
                    switch (level) {
                        case ROOT -> "must not be empty at the root";
                        case ITEM -> "must not be empty for specified array items";
                        case FIELD -> "must not be empty for specified object fields";
                    });
        }
        if (isEmbedded(schema) && schema.path("additionalProperties").isObject()) {
            forbidden(path + ".additionalProperties", "must not be used if x-kubernetes-embedded-resource is set");
        }
        if (level == Level.ROOT && !type.isEmpty() && !object) {
            causes.add(Cause.invalid(path + ".type", type, "must be object at the root"));
        }
        if (type.equals("array") && !schema.has("items")) {
            required(path + ".items", "must be specified");
        }
    }

    private void extensions(JsonNode schema, String path) {
        if (isIntOrString(schema)
                && schema.path("x-kubernetes-preserve-unknown-fields").asBoolean(false)) {
            causes.add(Cause.invalid(
                    path + ".x-kubernetes-preserve-unknown-fields",
                    true,
                    "must be false if x-kubernetes-int-or-string is true"));
        }
        if (isIntOrString(schema) && isEmbedded(schema)) {
            causes.add(Cause.invalid(
                    path + ".x-kubernetes-embedded-resource",
                    true,
                    "must be false if x-kubernetes-int-or-string is true"));
        }
    }

    /// Definitions may only restrict the names in an object's metadata.
    private void metadata(JsonNode schema, String path) {
        JsonNode properties = schema.path("properties");
        for (String field : List.of("apiVersion", "kind")) {
            JsonNode property = properties.path(field);
            if (property.isObject() && !property.path("type").asText("").equals("string")) {
                causes.add(Cause.invalid(
                        path + ".properties[" + field + "].type",
                        property.path("type").asText(""),
                        "must be string"));
            }
        }
        JsonNode metadata = properties.path("metadata");
        if (!metadata.isObject()) {
            return;
        }
        if (!metadata.path("type").asText("").equals("object")) {
            causes.add(Cause.invalid(
                    path + ".properties[metadata].type", metadata.path("type").asText(""), "must be object"));
        }
        Set<String> allowed = Set.of("name", "generateName");
        boolean plain =
                metadata.path("properties").properties().stream().allMatch(entry -> allowed.contains(entry.getKey()));
        for (var entry : metadata.properties()) {
            plain &= List.of("type", "properties", "default").contains(entry.getKey());
        }
        if (!plain) {
            forbidden(
                    path + ".properties[metadata]",
                    "must not specify anything other than name and generateName, but metadata is implicitly specified");
        }
    }

    private void valueRules(JsonNode schema, boolean skipAnyOf, boolean skipFirst, String path) {
        if (!skipAnyOf) {
            nested(schema.path("anyOf"), path + ".anyOf", false);
        }
        nested(schema.path("allOf"), path + ".allOf", skipFirst);
        nested(schema.path("oneOf"), path + ".oneOf", false);
        if (schema.path("not").isObject()) {
            nested(schema.path("not"), false, path + ".not");
        }
        String pattern = schema.path("pattern").asText("");
        try {
            var _ = Pattern.compile(pattern);
        } catch (PatternSyntaxException e) {
            causes.add(Cause.invalid(
                    path + ".pattern", pattern, "must be a valid regular expression, but isn't: " + e.getMessage()));
        }
    }

    private void nested(JsonNode list, String path, boolean skipFirst) {
        for (int i = 0; i < list.size(); i++) {
            nested(list.get(i), skipFirst && i == 0, path + "[" + i + "]");
        }
    }

    private void nested(JsonNode schema, boolean skipAnyOf, String path) {
        valueRules(schema, skipAnyOf, false, path);
        if (schema.path("items").isObject()) {
            nested(schema.path("items"), false, path + ".items");
        }
        schema.path("properties")
                .properties()
                .forEach(entry -> nested(entry.getValue(), false, path + ".properties[" + entry.getKey() + "]"));
        if (!schema.path("type").asText("").isEmpty()) {
            forbidden(path + ".type", "must be empty to be structural");
        }
        for (String field : List.of("additionalProperties", "default")) {
            if (schema.hasNonNull(field)) {
                forbidden(path + "." + field, "must be undefined to be structural");
            }
        }
        for (String field : FORBIDDEN_TEXTS) {
            if (!schema.path(field).asText("").isEmpty()) {
                forbidden(path + "." + field, "must be empty to be structural");
            }
        }
        for (String flag : List.of(
                "nullable",
                "x-kubernetes-preserve-unknown-fields",
                "x-kubernetes-embedded-resource",
                "x-kubernetes-int-or-string")) {
            if (schema.path(flag).asBoolean(false)) {
                forbidden(path + "." + flag, "must be false to be structural");
            }
        }
        for (String list : List.of("x-kubernetes-list-map-keys", "x-kubernetes-validations")) {
            if (!schema.path(list).isEmpty()) {
                forbidden(path + "." + list, "must be empty to be structural");
            }
        }
        for (String field : List.of("x-kubernetes-list-type", "x-kubernetes-map-type")) {
            if (schema.hasNonNull(field)) {
                forbidden(path + "." + field, "must be undefined to be structural");
            }
        }
        if (schema.path("properties").has("metadata")) {
            forbidden(path + ".properties[metadata]", "must not be specified in a nested context");
        }
    }

    /// Whatever a nested rule speaks of must be declared outside.
    private void complete(JsonNode rules, JsonNode schema, String path, String rulesPath) {
        for (String choice : List.of("allOf", "anyOf", "oneOf")) {
            for (int i = 0; i < rules.path(choice).size(); i++) {
                completeNested(rules.path(choice).get(i), schema, path, rulesPath + "." + choice + "[" + i + "]");
            }
        }
        if (rules.path("not").isObject()) {
            completeNested(rules.path("not"), schema, path, rulesPath + ".not");
        }
    }

    private void completeNested(JsonNode rules, @Nullable JsonNode schema, String path, String rulesPath) {
        if (schema == null || !schema.isObject()) {
            required(path, "because it is defined in " + rulesPath);
            return;
        }
        complete(rules, schema, path, rulesPath);
        if (rules.path("items").isObject()) {
            completeNested(rules.path("items"), schema.get("items"), path + ".items", rulesPath + ".items");
        }
        rules.path("properties").properties().forEach(entry -> {
            String step = ".properties[" + entry.getKey() + "]";
            completeNested(
                    entry.getValue(), schema.path("properties").get(entry.getKey()), path + step, rulesPath + step);
        });
    }
}
