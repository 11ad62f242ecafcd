package io.jubernetes.apiserver.customresource;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What must hold for the schema of a definition: which keywords may stand where, and that its
/// validation rules compile and cannot become too expensive.
final class SchemaRules {
    private static final List<String> TYPES = List.of("array", "boolean", "integer", "number", "object", "string");
    private static final Set<String> META_FIELDS = Set.of("metadata", "kind", "apiVersion");
    private static final String ROOT_WITH_STATUS_SHOWN =
            "[Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern"
                    + " MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example"
                    + " XPreserveUnknownFields XValidations]";

    /// What holds at a place because of what stands above it.
    ///
    /// @param noDefaults why there may be no defaults; null when there may
    /// @param uncorrelatable the path of a list whose items cannot be told from their former
    ///     selves; null for none
    private record Place(
            @Nullable String noDefaults,
            boolean insideMeta,
            @Nullable String uncorrelatable) {
        Place withoutDefaults(String why) {
            return new Place(why, insideMeta, uncorrelatable);
        }

        Place inMeta() {
            return new Place(noDefaults, true, uncorrelatable);
        }

        Place uncorrelatable(String path) {
            return new Place(noDefaults, insideMeta, path);
        }
    }

    private final @Nullable RuleDefinitions rules;
    private final List<Cause> ruleCauses = new ArrayList<>();

    private SchemaRules(@Nullable RuleDefinitions rules) {
        this.rules = rules;
    }

    /// Everything wrong with a schema.
    ///
    /// @param status whether the version has a status subresource
    static List<Cause> validate(JsonNode schema, String path, boolean status) {
        List<Cause> causes = new ArrayList<>();
        if (status) {
            rootWithStatus(schema, path, causes);
        }
        if (schema.path("nullable").asBoolean(false)) {
            causes.add(Cause.forbidden(path + ".nullable", "nullable cannot be true at the root"));
        }
        List<Cause> structural = StructuralRules.validate(schema, path);
        RuleDefinitions rules = null;
        if (structural.isEmpty()) {
            Structural read = Structural.of(schema);
            List<Cause> defaults = isReadable(schema) ? DefaultRules.validate(read, path) : List.of();
            causes.addAll(defaults);
            if (defaults.isEmpty()) {
                rules = RuleDefinitions.of(read);
            }
        } else if (isReadable(schema)) {
            causes.addAll(structural);
        }
        var check = new SchemaRules(rules);
        List<Cause> keywords = new ArrayList<>();
        check.walk(schema, path, new Place(null, false, null), true, rules == null ? null : rules.root(), keywords);
        causes.addAll(keywords);
        causes.addAll(check.ruleCauses);
        if (rules != null) {
            causes.addAll(rules.totals(path));
        }
        return causes;
    }

    /// Whether the schema holds nothing that keeps it from being understood at all: of such a schema
    /// only that is told.
    private static boolean isReadable(JsonNode schema) {
        return schema.findValue("$ref") == null
                && schema.findValue("patternProperties") == null
                && schema.findValue("definitions") == null
                && schema.findValue("dependencies") == null;
    }

    private static void rootWithStatus(JsonNode schema, String path, List<Cause> causes) {
        for (Map.Entry<String, JsonNode> entry : schema.properties()) {
            String name = entry.getKey();
            if (name.equals("type") && !entry.getValue().asText().equals("object")) {
                causes.add(Cause.invalid(
                        path + ".type",
                        entry.getValue().asText(),
                        "only \"object\" is allowed as the type at the root of the schema if the status subresource is"
                                + " enabled"));
                return;
            }
            if (List.of("allOf", "anyOf", "oneOf", "not", "additionalProperties", "enum", "default")
                    .contains(name)) {
                causes.add(Cause.invalid(
                        path,
                        schema,
                        "only " + ROOT_WITH_STATUS_SHOWN
                                + " fields are allowed at the root of the schema if the status subresource is"
                                + " enabled"));
                return;
            }
        }
    }

    /// @param context of the rules here; null when they are not to be compiled
    private void walk(
            JsonNode schema,
            String path,
            Place place,
            boolean root,
            RuleDefinitions.@Nullable Context context,
            List<Cause> causes) {
        if (!schema.isObject()) {
            return;
        }
        List<Cause> own = new ArrayList<>();
        standard(schema, path, place, own);
        if (schema.path("uniqueItems").asBoolean(false)) {
            own.add(Cause.forbidden(
                    path + ".uniqueItems",
                    "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"));
        }
        members(schema, path, place, root, context, own);
        for (String choice : List.of("allOf", "oneOf", "anyOf")) {
            JsonNode list = schema.path(choice);
            for (int i = 0; i < list.size(); i++) {
                walk(list.get(i), path + "." + choice + "[" + i + "]", place, false, null, own);
            }
        }
        walk(schema.path("not"), path + ".not", place, false, null, own);
        if (schema.path("items").isObject()) {
            boolean correlatable =
                    schema.path("x-kubernetes-list-type").asText("").equals("map");
            walk(
                    schema.path("items"),
                    path + ".items",
                    correlatable ? place : place.uncorrelatable(path),
                    false,
                    context == null ? null : context.items(),
                    own);
        }
        JsonNode preserves = schema.path("x-kubernetes-preserve-unknown-fields");
        if (preserves.isBoolean() && !preserves.booleanValue()) {
            own.add(Cause.invalid(path + ".x-kubernetes-preserve-unknown-fields", false, "must be true or undefined"));
        }
        ListRules.check(schema, path, own);
        if (rules != null) {
            rules.forms(schema, path, own);
        }
        causes.addAll(own);
        if (own.isEmpty()
                && context != null
                && !schema.path("x-kubernetes-validations").isEmpty()) {
            ruleCauses.addAll(context.compile(path, place.uncorrelatable()));
        }
    }

    private void members(
            JsonNode schema,
            String path,
            Place place,
            boolean root,
            RuleDefinitions.@Nullable Context context,
            List<Cause> causes) {
        JsonNode more = schema.path("additionalProperties");
        if (!more.isMissingNode() && !more.isNull()) {
            if (!schema.path("properties").isEmpty() && (more.isObject() || more.asBoolean(false))) {
                causes.add(Cause.forbidden(
                        path + ".additionalProperties", "additionalProperties and properties are mutual exclusive"));
            }
            Place below = place.insideMeta()
                    ? place.withoutDefaults("inside additionalProperties applying to object metadata")
                    : place;
            walk(
                    more,
                    path + ".additionalProperties",
                    below,
                    false,
                    context == null ? null : context.additional(),
                    causes);
        }
        boolean resource = root || schema.path("x-kubernetes-embedded-resource").asBoolean(false);
        for (Map.Entry<String, JsonNode> entry : schema.path("properties").properties()) {
            String name = entry.getKey();
            Place below = place;
            if (resource && META_FIELDS.contains(name)) {
                below = place.inMeta();
                if (root) {
                    below = below.withoutDefaults("in top-level " + name);
                }
            }
            walk(
                    entry.getValue(),
                    path + ".properties[" + name + "]",
                    below,
                    false,
                    context == null ? null : context.property(name),
                    causes);
        }
    }

    /// Keywords of JSON schemas that definitions cannot use.
    private static void standard(JsonNode schema, String path, Place place, List<Cause> causes) {
        if (place.noDefaults() != null && schema.hasNonNull("default")) {
            causes.add(Cause.forbidden(path + ".default", "must not be set " + place.noDefaults()));
        }
        for (String keyword :
                List.of("id", "additionalItems", "patternProperties", "definitions", "dependencies", "$ref")) {
            JsonNode value = schema.get(keyword);
            if (value != null && !value.isNull() && !(value.isContainerNode() && value.isEmpty())) {
                causes.add(Cause.forbidden(path + "." + keyword, keyword + " is not supported"));
            }
        }
        String type = schema.path("type").asText("");
        if (type.equals("null")) {
            causes.add(Cause.forbidden(path + ".type", "type cannot be set to null, use nullable as an alternative"));
        }
        if (schema.path("items").isArray()) {
            causes.add(Cause.forbidden(path + ".items", "items must be a schema object and not an array"));
        }
        if (place.insideMeta() && schema.path("x-kubernetes-embedded-resource").asBoolean(false)) {
            causes.add(Cause.forbidden(
                    path + ".x-kubernetes-embedded-resource", "must not be used inside of resource meta"));
        }
        if (!type.isEmpty() && !TYPES.contains(type)) {
            causes.add(Cause.notSupported(path + ".type", type, TYPES));
        }
    }

    /// The keywords that say how lists and maps are merged.
    private static final class ListRules {
        static void check(JsonNode schema, String path, List<Cause> causes) {
            String type = schema.path("type").asText("");
            String mapType = schema.path("x-kubernetes-map-type").asText("");
            String listType = schema.path("x-kubernetes-list-type").asText("");
            if (schema.has("x-kubernetes-map-type")) {
                typed(type, "object", "x-kubernetes-map-type", path, causes);
                if (!List.of("atomic", "granular").contains(mapType)) {
                    causes.add(Cause.notSupported(
                            path + ".x-kubernetes-map-type", mapType, List.of("atomic", "granular")));
                }
            }
            if (schema.has("x-kubernetes-list-type")) {
                typed(type, "array", "x-kubernetes-list-type", path, causes);
                if (!List.of("atomic", "map", "set").contains(listType)) {
                    causes.add(Cause.notSupported(
                            path + ".x-kubernetes-list-type", listType, List.of("atomic", "map", "set")));
                }
            }
            JsonNode keys = schema.path("x-kubernetes-list-map-keys");
            if (!keys.isEmpty() && !listType.equals("map")) {
                String why = "must be map if x-kubernetes-list-map-keys is non-empty";
                causes.add(
                        schema.has("x-kubernetes-list-type")
                                ? Cause.invalid(path + ".x-kubernetes-list-type", listType, why)
                                : Cause.required(path + ".x-kubernetes-list-type", why));
            }
            JsonNode items = schema.path("items");
            if (listType.equals("map")) {
                map(keys, items, path, causes);
            }
            if ((listType.equals("map") || listType.equals("set"))
                    && items.path("nullable").asBoolean(false)) {
                causes.add(Cause.forbidden(
                        path + ".items.nullable", "cannot be nullable when x-kubernetes-list-type is " + listType));
            }
            if (listType.equals("map")) {
                required(keys, items, path, causes);
            } else if (listType.equals("set")) {
                set(items, path, causes);
            }
        }

        private static void typed(String type, String wanted, String keyword, String path, List<Cause> causes) {
            String why = "must be " + wanted + " if " + keyword + " is specified";
            if (type.isEmpty()) {
                causes.add(Cause.required(path + ".type", why));
            } else if (!type.equals(wanted)) {
                causes.add(Cause.invalid(path + ".type", type, why));
            }
        }

        private static void map(JsonNode keys, JsonNode items, String path, List<Cause> causes) {
            String keysPath = path + ".x-kubernetes-list-map-keys";
            if (keys.isEmpty()) {
                causes.add(Cause.required(keysPath, "must not be empty if x-kubernetes-list-type is map"));
            }
            if (!items.isObject()) {
                causes.add(Cause.required(path + ".items", "must have a schema if x-kubernetes-list-type is map"));
                return;
            }
            String type = items.path("type").asText("");
            if (!type.equals("object")) {
                causes.add(Cause.invalid(
                        path + ".items.type", type, "must be object if parent array's x-kubernetes-list-type is map"));
                return;
            }
            Set<String> seen = new HashSet<>();
            for (JsonNode key : keys) {
                JsonNode property = items.path("properties").path(key.asText());
                String keyType = property.path("type").asText("");
                if (property.isMissingNode()) {
                    causes.add(Cause.invalid(keysPath, keys, "entries must all be names of item properties"));
                } else if (keyType.equals("array") || keyType.equals("object")) {
                    causes.add(Cause.invalid(
                            path + ".items.properties[" + key.asText() + "].type",
                            type,
                            "must be a scalar type if parent array's x-kubernetes-list-type is map"));
                }
                if (!seen.add(key.asText())) {
                    causes.add(Cause.invalid(keysPath, keys, "must not contain duplicate entries"));
                }
            }
        }

        private static void required(JsonNode keys, JsonNode items, String path, List<Cause> causes) {
            Set<String> required = new HashSet<>();
            items.path("required").forEach(name -> required.add(name.asText()));
            for (JsonNode key : keys) {
                JsonNode property = items.path("properties").path(key.asText());
                String at = path + ".items.properties[" + key.asText() + "]";
                if (property.isMissingNode()) {
                    continue;
                }
                if (!required.contains(key.asText()) && !property.hasNonNull("default")) {
                    causes.add(Cause.required(
                            at + ".default",
                            "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required"
                                    + " property"));
                }
                if (property.path("nullable").asBoolean(false)) {
                    causes.add(Cause.forbidden(
                            at + ".nullable",
                            "this property is in x-kubernetes-list-map-keys, so it cannot be nullable"));
                }
            }
        }

        private static void set(JsonNode items, String path, List<Cause> causes) {
            String why = "must be atomic as item of a list with x-kubernetes-list-type=set";
            JsonNode listType = items.path("x-kubernetes-list-type");
            JsonNode mapType = items.path("x-kubernetes-map-type");
            if (items.path("type").asText("").equals("array")
                    && !listType.isMissingNode()
                    && !listType.asText().equals("atomic")) {
                causes.add(Cause.invalid(path + ".items.x-kubernetes-list-type", listType, why));
            } else if (items.path("type").asText("").equals("object")
                    && !mapType.asText("").equals("atomic")) {
                causes.add(Cause.invalid(
                        path + ".items.x-kubernetes-map-type",
                        listType.isMissingNode() ? io.jubernetes.common.codec.Json.MAPPER.nullNode() : listType,
                        why));
            }
        }
    }
}
