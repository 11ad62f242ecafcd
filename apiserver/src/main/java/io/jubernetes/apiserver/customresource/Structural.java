package io.jubernetes.apiserver.customresource;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// One node of an OpenAPI v3 schema as definitions write it, read once and kept for as long as the
/// definition stays the same. Immutable. Regular expressions run in linear time, so that no pattern can
/// hold up the server.
final class Structural {
    private static final Structural META_TYPE = read("{\"type\":\"string\"}");
    private static final Structural METADATA =
            read("{\"type\":\"object\",\"x-kubernetes-preserve-unknown-fields\":true}");

    private final JsonNode source;
    private final String type;
    private final String format;
    private final @Nullable JsonNode fallback;
    private final TreeMap<String, Structural> properties = new TreeMap<>();
    private final @Nullable Structural additional;
    private final @Nullable Structural items;
    private final List<Structural> allOf;
    private final List<Structural> anyOf;
    private final List<Structural> oneOf;
    private final @Nullable Structural not;
    private final Set<String> required;
    private final @Nullable Pattern pattern;
    private final List<String> mapKeys;
    private final List<Rule> rules;

    /// One entry of `x-kubernetes-validations`.
    ///
    /// @param reason the cause's reason; empty for the default
    record Rule(
            String rule,
            String message,
            String messageExpression,
            String reason,
            String fieldPath,
            @Nullable Boolean optionalOldSelf) {
        static Rule of(JsonNode node) {
            return new Rule(
                    node.path("rule").asText(""),
                    node.path("message").asText(""),
                    node.path("messageExpression").asText(""),
                    node.path("reason").asText(""),
                    node.path("fieldPath").asText(""),
                    node.hasNonNull("optionalOldSelf")
                            ? node.path("optionalOldSelf").asBoolean()
                            : null);
        }
    }

    private Structural(JsonNode source) {
        this.source = source;
        type = source.path("type").asText("");
        format = source.path("format").asText("");
        JsonNode given = source.get("default");
        fallback = given == null || given.isNull() ? null : given;
        source.path("properties")
                .properties()
                .forEach(entry -> properties.put(entry.getKey(), new Structural(entry.getValue())));
        JsonNode more = source.path("additionalProperties");
        additional = more.isObject() ? new Structural(more) : null;
        JsonNode elements = source.path("items");
        items = elements.isObject() ? new Structural(elements) : null;
        allOf = many(source.path("allOf"));
        anyOf = many(source.path("anyOf"));
        oneOf = many(source.path("oneOf"));
        not = source.path("not").isObject() ? new Structural(source.path("not")) : null;
        required = new TreeSet<>(texts(source.path("required")));
        pattern = compile(source.path("pattern").asText(""));
        mapKeys = texts(source.path("x-kubernetes-list-map-keys"));
        List<Rule> read = new ArrayList<>();
        source.path("x-kubernetes-validations").forEach(node -> read.add(Rule.of(node)));
        rules = List.copyOf(read);
    }

    static Structural of(JsonNode schema) {
        return new Structural(schema);
    }

    private static Structural read(String json) {
        return new Structural(io.jubernetes.common.codec.Json.parse(json));
    }

    private static List<Structural> many(JsonNode nodes) {
        List<Structural> result = new ArrayList<>(nodes.size());
        nodes.forEach(node -> result.add(new Structural(node)));
        return List.copyOf(result);
    }

    private static List<String> texts(JsonNode nodes) {
        List<String> result = new ArrayList<>(nodes.size());
        nodes.forEach(node -> result.add(node.asText()));
        return List.copyOf(result);
    }

    private static @Nullable Pattern compile(String pattern) {
        try {
            return pattern.isEmpty() ? null : Pattern.compile(pattern);
        } catch (PatternSyntaxException e) {
            return null; // refused when the definition is checked
        }
    }

    /// The node as it was written.
    JsonNode source() {
        return source;
    }

    String type() {
        return type;
    }

    String format() {
        return format;
    }

    boolean nullable() {
        return source.path("nullable").asBoolean(false);
    }

    @Nullable
    JsonNode fallback() {
        return fallback;
    }

    Map<String, Structural> properties() {
        return Collections.unmodifiableMap(properties);
    }

    @Nullable
    Structural property(String name) {
        return properties.get(name);
    }

    /// The property of that name at a place where an object of the API stands, which always has a kind
    /// and metadata.
    @Nullable
    Structural property(String name, boolean resource) {
        if (resource) {
            switch (name) {
                case "apiVersion", "kind" -> {
                    return META_TYPE;
                }
                case "metadata" -> {
                    return METADATA;
                }
                default -> {}
            }
        }
        return properties.get(name);
    }

    /// The schema of properties that are not named; null when there is none.
    @Nullable
    Structural additional() {
        return additional;
    }

    /// Whether unnamed properties are allowed without a schema of their own.
    boolean allowsAny() {
        return source.path("additionalProperties").asBoolean(false);
    }

    /// Whether the schema says in so many words that there are no unnamed properties.
    boolean forbidsAdditional() {
        JsonNode more = source.path("additionalProperties");
        return more.isBoolean() && !more.booleanValue();
    }

    @Nullable
    Structural items() {
        return items;
    }

    List<Structural> allOf() {
        return allOf;
    }

    List<Structural> anyOf() {
        return anyOf;
    }

    List<Structural> oneOf() {
        return oneOf;
    }

    @Nullable
    Structural not() {
        return not;
    }

    Set<String> required() {
        return required;
    }

    @Nullable
    Pattern pattern() {
        return pattern;
    }

    List<JsonNode> values() {
        List<JsonNode> values = new ArrayList<>();
        source.path("enum").forEach(values::add);
        return values;
    }

    boolean preserves() {
        return source.path("x-kubernetes-preserve-unknown-fields").asBoolean(false);
    }

    boolean isEmbedded() {
        return source.path("x-kubernetes-embedded-resource").asBoolean(false);
    }

    boolean isIntOrString() {
        return source.path("x-kubernetes-int-or-string").asBoolean(false);
    }

    /// `atomic`, `set` or `map`.
    String listType() {
        return source.path("x-kubernetes-list-type").asText("atomic");
    }

    /// Whether a map or struct has one owner as a whole.
    boolean isAtomicMap() {
        return source.path("x-kubernetes-map-type").asText("").equals("atomic");
    }

    List<String> mapKeys() {
        return mapKeys;
    }

    List<Rule> rules() {
        return rules;
    }

    /// Whether there is any validation rule here or below.
    boolean hasRules() {
        return !rules.isEmpty()
                || properties.values().stream().anyMatch(Structural::hasRules)
                || items != null && items.hasRules()
                || additional != null && additional.hasRules();
    }

    /// Whether there is a default here or below.
    boolean hasDefaults() {
        return fallback != null
                || properties.values().stream().anyMatch(Structural::hasDefaults)
                || items != null && items.hasDefaults()
                || additional != null && additional.hasDefaults();
    }

    /// A limit such as `maxLength`; null when there is none.
    @Nullable
    JsonNode limit(String name) {
        JsonNode value = source.get(name);
        return value == null || value.isNull() ? null : value;
    }

    boolean flag(String name) {
        return source.path(name).asBoolean(false);
    }
}
