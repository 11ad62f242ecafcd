package io.jubernetes.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.common.codec.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A place in an object under validation: its value, its path and where problems with it are reported.
/// Strategies walk the object with [#get], [#items] and [#entries] and report at the place they stand; all
/// problems of one object end up in the list of its root, in the order they were found.
///
/// A path is written out only when a problem is reported, so that checking a valid object costs no text. Not
/// thread-safe; one validation uses one root.
public final class Field {
    private final @Nullable Field parent;
    private final String step;
    private final JsonNode value;
    private final List<Cause> causes;

    private Field(@Nullable Field parent, String step, JsonNode value, List<Cause> causes) {
        this.parent = parent;
        this.step = step;
        this.value = value;
        this.causes = causes;
    }

    /// The top of an object; paths start below it.
    public static Field root(JsonNode object) {
        return new Field(null, "", object, new ArrayList<>());
    }

    /// The member of that name; it may be absent, see [#isSet].
    public Field get(String name) {
        return new Field(this, name, value.path(name), causes);
    }

    /// The item at an index of a list.
    public Field at(int index) {
        return new Field(this, "[" + index + "]", value.path(index), causes);
    }

    /// The place `[key]` of a map, as paths show members that are data and not fields.
    public Field key(String key) {
        return new Field(this, "[" + key + "]", value.path(key), causes);
    }

    /// A member whose problems are reported at another place than it stands.
    ///
    /// @param place below which its path shows
    /// @param owner the struct that has it
    public static Field at(Field place, String name, Field owner) {
        return new Field(place, name, owner.value.path(name), place.causes);
    }

    /// The same place with another value, for a struct that stands for its only field.
    public static Field alias(Field place, JsonNode value) {
        return new Field(place.parent, place.step, value, place.causes);
    }

    /// A member of a map whose problems are reported at another place than it stands.
    public static Field keyAt(Field place, String key, Field owner) {
        return new Field(place, "[" + key + "]", owner.value.path(key), place.causes);
    }

    /// The items of a list; empty when absent.
    public List<Field> items() {
        if (!value.isArray()) {
            return List.of();
        }
        List<Field> items = new ArrayList<>(value.size());
        for (int i = 0; i < value.size(); i++) {
            items.add(at(i));
        }
        return items;
    }

    /// The members of a map in the order of their keys, whose paths show as `[key]`.
    public Map<String, Field> entries() {
        Map<String, Field> entries = new TreeMap<>();
        if (value.isObject()) {
            value.fieldNames().forEachRemaining(name -> entries.put(name, key(name)));
        }
        return entries;
    }

    /// The value; a missing node when absent.
    public JsonNode value() {
        return value;
    }

    /// Whether there is a value: not absent and not null.
    public boolean isSet() {
        return !value.isMissingNode() && !value.isNull();
    }

    /// Whether there is no value, or an empty text, list or map.
    public boolean isEmpty() {
        return !isSet()
                || value.isTextual() && value.textValue().isEmpty()
                || value.isContainerNode() && value.isEmpty();
    }

    /// The value as a text; empty when absent.
    public String text() {
        return value.asText("");
    }

    /// The value as a number; 0 when absent.
    public long number() {
        return value.asLong(0);
    }

    /// The value as a truth value; false when absent.
    public boolean isTrue() {
        return value.asBoolean(false);
    }

    /// The path, such as `spec.containers[0].name`.
    public String path() {
        var text = new StringBuilder();
        write(text);
        return text.toString();
    }

    private void write(StringBuilder text) {
        if (parent != null) {
            parent.write(text);
            if (!step.startsWith("[") && !text.isEmpty()) {
                text.append('.');
            }
        }
        text.append(step);
    }

    /// All problems reported below the same root so far.
    public List<Cause> causes() {
        return causes;
    }

    /// Reports a problem found by other means.
    public void report(Cause cause) {
        causes.add(cause);
    }

    public void invalid(String why) {
        invalid(shown(), why);
    }

    /// @param shown what the message shows as the wrong value
    public void invalid(Object shown, String why) {
        causes.add(Cause.invalid(path(), shown, why));
    }

    /// Reports one invalid value for each of the texts that say what is wrong.
    public void invalid(List<String> whys) {
        whys.forEach(this::invalid);
    }

    /// Reports an invalid value that the message does not show.
    public void invalidUnshown(String why) {
        causes.add(new Cause("FieldValueInvalid", "Invalid value: " + why, path()));
    }

    /// @param why what else the message says
    public void notFound(String why) {
        causes.add(new Cause("FieldValueNotFound", "Not found: " + Json.text(text()) + ": " + why, path()));
    }

    public void tooLong(int maxBytes) {
        causes.add(Cause.tooLong(path(), maxBytes));
    }

    public void tooMany(int found, int most) {
        String items = most == 1 ? "item" : "items";
        causes.add(new Cause(
                "FieldValueTooMany", "Too many: " + found + ": must have at most " + most + " " + items, path()));
    }

    public void required(String why) {
        causes.add(Cause.required(path(), why));
    }

    public void forbidden(String why) {
        causes.add(Cause.forbidden(path(), why));
    }

    public void duplicate() {
        causes.add(Cause.duplicate(path(), shown()));
    }

    /// @param shown what the message shows as the repeated value
    public void duplicate(Object shown) {
        causes.add(Cause.duplicate(path(), shown));
    }

    public void notFound() {
        causes.add(Cause.notFound(path(), shown()));
    }

    public void notSupported(List<String> supported) {
        causes.add(Cause.notSupported(path(), shown(), supported));
    }

    private Object shown() {
        return value.isTextual() ? value.textValue() : value instanceof MissingNode ? "" : value;
    }

    /// Reports an empty value as required.
    ///
    /// @return whether there is a value
    public boolean requireValue() {
        if (isEmpty()) {
            required("");
            return false;
        }
        return true;
    }

    /// Reports a number below zero.
    public void requireNonNegative() {
        requireAtLeast(0);
    }

    /// Reports a number that is set and below a bound.
    public void requireAtLeast(long least) {
        if (isSet() && number() < least) {
            invalid("must be greater than or equal to " + least);
        }
    }

    /// Reports a number that is set and outside of a range, both ends of which belong to it.
    public void requireBetween(long least, long most) {
        if (isSet() && (number() < least || number() > most)) {
            invalid("must be between " + least + " and " + most + ", inclusive");
        }
    }

    /// Reports a text that is set and none of those, and shows them in the order given.
    public void requireOneOf(List<String> supported) {
        if (isSet() && !supported.contains(text())) {
            notSupported(supported);
        }
    }

    /// Reports a text that is none of those, absent ones as well.
    public void requireListed(List<String> supported) {
        if (!supported.contains(text())) {
            causes.add(Cause.notSupported(path(), text(), supported));
        }
    }

    /// Reports a text that is not well-formed.
    ///
    /// @param rule one of [NameRules]
    public void requireForm(Function<String, List<String>> rule) {
        invalid(rule.apply(text()));
    }

    /// Reports a value that differs from that of the old object.
    public void requireSame(Field old) {
        if (!Meta.same(value, old.value)) {
            invalid("field is immutable");
        }
    }
}
