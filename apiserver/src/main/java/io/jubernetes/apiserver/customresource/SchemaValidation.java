package io.jubernetes.apiserver.customresource;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.Meta;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Checks values against a schema's keywords. What an update leaves as it was is not refused, so that a
/// schema can become stricter than the objects that are there.
final class SchemaValidation {
    /// What a message about the whole object names as its field.
    static final String NO_FIELD = "<nil>";

    private final boolean ratchets;

    private SchemaValidation(boolean ratchets) {
        this.ratchets = ratchets;
    }

    /// @param score how much of the schema a value came through: of several alternatives that all
    ///     fail, the one with the
    ///     highest score is told about
    private record Outcome(List<Cause> causes, int score) {
        boolean valid() {
            return causes.isEmpty();
        }
    }

    /// Everything wrong with a new value.
    ///
    /// @param path of the value in messages; empty for a whole object
    static List<Cause> validate(Structural schema, JsonNode value, String path) {
        return new SchemaValidation(false).check(schema, value, null, path).causes();
    }

    /// Everything wrong with a value that takes the place of another.
    static List<Cause> validateUpdate(Structural schema, JsonNode value, JsonNode old, String path) {
        return new SchemaValidation(true).check(schema, value, old, path).causes();
    }

    private Outcome check(Structural schema, JsonNode value, @Nullable JsonNode old, String path) {
        List<Cause> causes = new ArrayList<>();
        if (ratchets && old != null && Meta.same(value, old)) {
            return new Outcome(causes, 1);
        }
        int score = 0;
        checkType(schema, value, path, causes);
        score += causes.isEmpty() ? 1 : 0;
        if (value.isNull()) {
            checkEnum(schema, value, path, causes);
            return new Outcome(causes, score);
        }
        score += alternatives(schema, value, old, path, causes);
        if (value.isTextual()) {
            TextRules.check(schema, value.textValue(), path, causes);
        } else if (value.isNumber()) {
            NumberRules.check(schema, value, path, causes);
        } else if (value.isArray()) {
            score += items(schema, value, old, path, causes);
        }
        checkEnum(schema, value, path, causes);
        if (value.isObject()) {
            score += fields(schema, value, old, path, causes);
        }
        return new Outcome(causes, score);
    }

    private static void checkType(Structural schema, JsonNode value, String path, List<Cause> causes) {
        String type = schema.type();
        if (schema.isIntOrString()) {
            type = "integer,string";
        }
        if (type.isEmpty()) {
            return;
        }
        String found = typeOf(value);
        boolean fits = value.isNull() && schema.nullable()
                || type.equals(found)
                || type.equals("number") && found.equals("integer")
                || type.equals("integer,string") && (found.equals("integer") || found.equals("string"));
        if (!fits) {
            causes.add(typeInvalid(path, found, place(path) + " must be of type " + type + ": \"" + found + "\""));
        }
    }

    static Cause typeInvalid(String path, Object value, String why) {
        Cause cause = Cause.invalid(path, value, why);
        return new Cause("FieldValueTypeInvalid", cause.message(), cause.field());
    }

    /// How messages name a place.
    static String place(String path) {
        return path + " in body";
    }

    /// The schema type of a value.
    static String typeOf(JsonNode value) {
        return switch (value.getNodeType()) {
            case OBJECT, POJO -> "object";
            case ARRAY -> "array";
            case BOOLEAN -> "boolean";
            case NUMBER -> NumberRules.isWhole(value) ? "integer" : "number";
            case NULL, MISSING -> "null";
            default -> "string";
        };
    }

    private static void checkEnum(Structural schema, JsonNode value, String path, List<Cause> causes) {
        List<JsonNode> values = schema.values();
        if (values.isEmpty() || values.stream().anyMatch(allowed -> Meta.same(allowed, value))) {
            return;
        }
        if (value.isNull() && schema.nullable()) {
            return;
        }
        List<String> supported = values.stream()
                .map(allowed -> allowed.isTextual() ? allowed.textValue() : allowed.toString())
                .toList();
        causes.add(Cause.notSupported(path, value.isTextual() ? value.textValue() : value, supported));
    }

    private int alternatives(
            Structural schema, JsonNode value, @Nullable JsonNode old, String path, List<Cause> causes) {
        int score = 0;
        if (!schema.anyOf().isEmpty()) {
            score += anyOf(schema, value, old, path, causes);
        }
        if (!schema.oneOf().isEmpty()) {
            score += oneOf(schema, value, old, path, causes);
        }
        int valid = 0;
        for (Structural part : schema.allOf()) {
            Outcome outcome = check(part, value, old, path);
            score += outcome.score();
            valid += outcome.valid() ? 1 : 0;
            causes.addAll(outcome.causes());
        }
        if (valid != schema.allOf().size()) {
            causes.add(whole(path, "must validate all the schemas (allOf)" + (valid == 0 ? ". None validated" : "")));
        }
        Structural not = schema.not();
        if (not != null && check(not, value, old, path).valid()) {
            causes.add(whole(path, "must not validate the schema (not)"));
        }
        return score;
    }

    private int anyOf(Structural schema, JsonNode value, @Nullable JsonNode old, String path, List<Cause> causes) {
        Outcome best = null;
        for (Structural choice : schema.anyOf()) {
            Outcome outcome = check(choice, value, old, path);
            if (outcome.valid()) {
                return outcome.score();
            }
            if (best == null || outcome.score() > best.score()) {
                best = outcome;
            }
        }
        causes.add(whole(path, "must validate at least one schema (anyOf)"));
        if (best != null) {
            causes.addAll(best.causes());
        }
        return 0;
    }

    private int oneOf(Structural schema, JsonNode value, @Nullable JsonNode old, String path, List<Cause> causes) {
        int valid = 0;
        int score = 0;
        Outcome best = null;
        for (Structural choice : schema.oneOf()) {
            Outcome outcome = check(choice, value, old, path);
            if (outcome.valid()) {
                valid++;
                score = outcome.score();
                best = null;
            } else if (valid == 0 && (best == null || outcome.score() > best.score())) {
                best = outcome;
            }
        }
        if (valid == 1) {
            return score;
        }
        causes.add(whole(
                path,
                "must validate one and only one schema (oneOf). "
                        + (valid == 0 ? "Found none valid" : "Found " + valid + " valid alternatives")));
        if (best != null) {
            causes.addAll(best.causes());
        }
        return 0;
    }

    private static Cause whole(String path, String why) {
        return Cause.invalid(NO_FIELD, "", "\"" + path + "\" " + why);
    }

    private int items(Structural schema, JsonNode list, @Nullable JsonNode old, String path, List<Cause> causes) {
        int score = 1;
        Structural element = schema.items();
        if (element != null) {
            Map<String, JsonNode> before = correlated(schema, old);
            for (int i = 0; i < list.size(); i++) {
                JsonNode item = list.get(i);
                JsonNode former = before.isEmpty() ? null : before.get(ListTypes.key(schema, item));
                Outcome outcome = check(element, item, former, path + "[" + i + "]");
                causes.addAll(outcome.causes());
                score += outcome.score();
            }
        }
        int size = list.size();
        JsonNode least = schema.limit("minItems");
        if (least != null && size < least.asLong()) {
            causes.add(Cause.invalid(path, size, place(path) + " should have at least " + least.asLong() + " items"));
        }
        JsonNode most = schema.limit("maxItems");
        if (most != null && size > most.asLong()) {
            causes.add(tooMany(path, size, most.asLong()));
        }
        return score;
    }

    static Cause tooMany(String path, long size, long most) {
        return new Cause("FieldValueTooMany", "Too many: " + size + ": must have at most " + most + " items", path);
    }

    /// The old items by their keys, for lists whose items have some.
    private static Map<String, JsonNode> correlated(Structural schema, @Nullable JsonNode old) {
        if (old == null || !old.isArray() || !schema.listType().equals("map")) {
            return Map.of();
        }
        Map<String, JsonNode> result = new HashMap<>();
        old.forEach(item -> result.putIfAbsent(ListTypes.key(schema, item), item));
        return result;
    }

    private int fields(Structural schema, JsonNode object, @Nullable JsonNode old, String path, List<Cause> causes) {
        int size = object.size();
        JsonNode least = schema.limit("minProperties");
        if (least != null && size < least.asLong()) {
            causes.add(
                    Cause.invalid(path, size, place(path) + " should have at least " + least.asLong() + " properties"));
            return 1;
        }
        JsonNode most = schema.limit("maxProperties");
        if (most != null && size > most.asLong()) {
            causes.add(tooMany(path, size, most.asLong()));
            return 1;
        }
        int score = 1;
        for (Map.Entry<String, JsonNode> entry : object.properties()) {
            String name = entry.getKey();
            Structural known = schema.property(name);
            if (known == null) {
                known = schema.additional();
            }
            if (known == null && schema.forbidsAdditional() && !(path.isEmpty() && isTypeOrMeta(name))) {
                causes.add(Cause.invalid(
                        path.isEmpty() ? name : path + "." + name,
                        "",
                        path + "." + name + " in body is a forbidden property"));
            } else if (known != null) {
                String below = path.isEmpty() ? name : path + "." + name;
                Outcome outcome = check(known, entry.getValue(), old == null ? null : old.get(name), below);
                causes.addAll(outcome.causes());
                score += outcome.score();
            }
        }
        for (String name : schema.required()) {
            if (object.has(name)) {
                score++;
            } else {
                causes.add(Cause.required(path.isEmpty() ? name : path + "." + name, ""));
            }
        }
        return score;
    }

    private static boolean isTypeOrMeta(String name) {
        return name.equals("apiVersion") || name.equals("kind") || name.equals("metadata");
    }
}
