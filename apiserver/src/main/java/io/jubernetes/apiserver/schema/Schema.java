package io.jubernetes.apiserver.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The shape of a value. Immutable once its registry is built; struct schemas may refer to themselves.
public final class Schema {
    /// What kind of value it is.
    public enum Type {
        STRUCT,
        MAP,
        LIST,
        STRING,
        BOOL,
        INT32,
        INT64,
        DOUBLE,
        /// base64 text
        BYTES,
        QUANTITY,
        INT_OR_STRING,
        /// RFC 3339, whole seconds
        TIME,
        /// RFC 3339, microseconds
        MICRO_TIME,
        /// an object whose content is nobody's business here (field sets, embedded objects)
        RAW,
        /// any JSON value, with one owner
        ANY,
        /// any JSON value, whose objects several owners may share member by member
        FREE
    }

    /// How items of a list are told apart when several writers merge.
    public enum ListType {
        ATOMIC,
        SET,
        MAP
    }

    private final Type type;
    private final String name;
    private final boolean atomic;
    private final @Nullable Schema element;
    private final ListType listType;
    private final List<String> keys;
    private final Map<String, Field> fields = new LinkedHashMap<>();

    private Schema(
            Type type, String name, boolean atomic, @Nullable Schema element, ListType listType, List<String> keys) {
        this.type = type;
        this.name = name;
        this.atomic = atomic;
        this.element = element;
        this.listType = listType;
        this.keys = List.copyOf(keys);
    }

    static Schema scalar(Type type) {
        return new Schema(type, "", false, null, ListType.ATOMIC, List.of());
    }

    /// A struct whose fields are added by the registry that makes it.
    static Schema struct(String name, boolean atomic) {
        return new Schema(Type.STRUCT, name, atomic, null, ListType.ATOMIC, List.of());
    }

    static Schema list(Schema element, ListType listType, List<String> keys) {
        return new Schema(Type.LIST, "", listType == ListType.ATOMIC, element, listType, keys);
    }

    static Schema map(Schema element, boolean atomic) {
        return new Schema(Type.MAP, "", atomic, element, ListType.ATOMIC, List.of());
    }

    void add(Field field) {
        fields.put(field.name(), field);
    }

    /// Makes the shape of a type that is defined at run time.
    public static Schema of(Type type) {
        return scalar(type);
    }

    /// A struct that is defined at run time.
    ///
    /// @param name its name as of `core.v1.Pod`; may be empty
    /// @param rest the shape of fields that are not named; null when there may be none
    public static Schema structOf(String name, boolean atomic, Map<String, Field> fields, @Nullable Schema rest) {
        var schema = new Schema(Type.STRUCT, name, atomic, rest, ListType.ATOMIC, List.of());
        schema.fields.putAll(fields);
        return schema;
    }

    /// A list that is defined at run time.
    public static Schema listOf(Schema element, ListType listType, List<String> keys) {
        return list(element, listType, keys);
    }

    /// A map that is defined at run time.
    public static Schema mapOf(Schema element, boolean atomic) {
        return map(element, atomic);
    }

    /// Whether a struct may have fields that it does not name.
    public boolean isOpen() {
        return type == Type.FREE || type == Type.STRUCT && element != null;
    }

    public Type type() {
        return type;
    }

    /// The type's name for a struct such as `core.v1.Pod`, else empty.
    public String name() {
        return name;
    }

    /// Whether a list, map or struct has one owner as a whole.
    public boolean isAtomic() {
        return atomic;
    }

    public ListType listType() {
        return listType;
    }

    /// The key fields of a list of type map.
    public List<String> keys() {
        return keys;
    }

    /// The schema of a list's items or a map's values.
    ///
    /// @throws IllegalStateException for other types
    public Schema element() {
        if (element == null) {
            throw new IllegalStateException(type + " has no elements");
        }
        return element;
    }

    /// A struct's fields by name, in a stable order.
    public Map<String, Field> fields() {
        return Collections.unmodifiableMap(fields);
    }

    public @Nullable Field field(String field) {
        return fields.get(field);
    }

    /// The schema below a struct's field or a map's key; null when a struct has no such field.
    public @Nullable Schema child(String key) {
        return switch (type) {
            case STRUCT -> {
                Field field = fields.get(key);
                yield field == null ? element : field.schema();
            }
            case MAP -> element();
            case FREE -> this;
            default -> null;
        };
    }

    /// One field of a struct.
    ///
    /// @param omitEmpty a required list that answers leave out, rather than show as null, when nothing was given
    /// @param pointer a scalar whose zero value means something else than its absence
    /// @param alwaysPresent what the field shows when nothing was given, because the API's encoding never omits it;
    ///     null when it may be absent
    /// @param patch directives of a strategic merge patch: `merge`, `replace`, `retainKeys`
    /// @param mergeKey the key by which a strategic merge patch tells a list's items apart
    public record Field(
            String name,
            Schema schema,
            boolean required,
            boolean omitEmpty,
            boolean pointer,
            @Nullable JsonNode alwaysPresent,
            Set<String> patch,
            @Nullable String mergeKey,
            List<String> values) {
        /// A field that is defined at run time.
        ///
        /// @param fallback its default; null for none
        public static Field of(String name, Schema schema, @Nullable JsonNode fallback) {
            return new Field(name, schema, false, false, true, fallback, Set.of(), null, List.of());
        }
    }
}
