package io.jubernetes.scheduler.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.jubernetes.common.codec.GoDuration;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Reads one object of a configuration file, and notes what is wrong with it. A field that is not there, or is of the
/// wrong type, has its default.
final class Fields {
    private final JsonNode object;
    private final String path;
    private final Problems problems;
    private final Set<String> known = new HashSet<>();

    /// @param path of the object in the file, empty for the whole
    Fields(JsonNode object, String path, Problems problems) {
        this.object = object;
        this.path = path;
        this.problems = problems;
        if (!object.isObject() && !isAbsent(object)) {
            problems.invalid(path, object, "must be an object");
        }
    }

    private static boolean isAbsent(JsonNode node) {
        return node.isMissingNode() || node.isNull();
    }

    Problems problems() {
        return problems;
    }

    String path() {
        return path;
    }

    /// Where a field is, for messages.
    String path(String field) {
        return path.isEmpty() ? field : path + "." + field;
    }

    /// A field as it stands in the file.
    JsonNode raw(String field) {
        known.add(field);
        JsonNode value = object.path(field);
        return value.isNull() ? MissingNode.getInstance() : value;
    }

    boolean has(String field) {
        return !raw(field).isMissingNode();
    }

    private Optional<JsonNode> typed(String field, boolean fits, String type) {
        JsonNode value = raw(field);
        if (value.isMissingNode()) {
            return Optional.empty();
        }
        if (!fits) {
            problems.invalid(path(field), value, "must be " + type);
            return Optional.empty();
        }
        return Optional.of(value);
    }

    long integer(String field, long otherwise) {
        return typed(field, object.path(field).isIntegralNumber(), "an integer")
                .map(JsonNode::asLong)
                .orElse(otherwise);
    }

    /// An integer that must not be less than one number or more than another.
    long integer(String field, long otherwise, long min, long max, String why) {
        long value = integer(field, otherwise);
        if (value < min || value > max) {
            problems.invalid(path(field), LongNode.valueOf(value), why);
            return otherwise;
        }
        return value;
    }

    boolean flag(String field, boolean otherwise) {
        return typed(field, object.path(field).isBoolean(), "true or false")
                .map(JsonNode::asBoolean)
                .orElse(otherwise);
    }

    String text(String field, String otherwise) {
        return typed(field, object.path(field).isTextual(), "a string")
                .map(JsonNode::asText)
                .orElse(otherwise);
    }

    Duration duration(String field, Duration otherwise) {
        Optional<JsonNode> text = typed(field, object.path(field).isTextual(), "a duration such as 10s");
        Optional<Duration> parsed = text.flatMap(value -> GoDuration.find(value.asText()));
        if (text.isPresent() && parsed.isEmpty()) {
            problems.invalid(path(field), text.get(), "must be a duration such as 10s");
        }
        return parsed.orElse(otherwise);
    }

    Fields object(String field) {
        return new Fields(raw(field), path(field), problems);
    }

    List<Fields> objects(String field) {
        List<Fields> result = new ArrayList<>();
        for (JsonNode item : items(field)) {
            result.add(new Fields(item, path(field) + "[" + result.size() + "]", problems));
        }
        return result;
    }

    List<JsonNode> items(String field) {
        List<JsonNode> result = new ArrayList<>();
        typed(field, object.path(field).isArray(), "a list").ifPresent(list -> list.forEach(result::add));
        return result;
    }

    /// Notes the fields that nobody asked for: there are no such, most likely they are misspelt.
    void rejectOthers() {
        object.fieldNames().forEachRemaining(field -> {
            if (!known.contains(field)) {
                problems.unknown(path(field));
            }
        });
    }
}
