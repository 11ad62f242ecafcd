package io.jubernetes.apiserver.schema;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.apiserver.schema.Schema.Field;
import io.jubernetes.apiserver.schema.Schema.ListType;
import io.jubernetes.apiserver.schema.Schema.Type;
import io.jubernetes.common.codec.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The types of the built-in API, read from the table `builtin-types.txt`. Immutable and shared.
public final class BuiltinTypes {
    private static final Map<String, Schema> SCALARS = Map.ofEntries(
            Map.entry("string", Schema.scalar(Type.STRING)),
            Map.entry("bool", Schema.scalar(Type.BOOL)),
            Map.entry("int32", Schema.scalar(Type.INT32)),
            Map.entry("int64", Schema.scalar(Type.INT64)),
            Map.entry("double", Schema.scalar(Type.DOUBLE)),
            Map.entry("bytes", Schema.scalar(Type.BYTES)),
            Map.entry("quantity", Schema.scalar(Type.QUANTITY)),
            Map.entry("int-or-string", Schema.scalar(Type.INT_OR_STRING)),
            Map.entry("time", Schema.scalar(Type.TIME)),
            Map.entry("microtime", Schema.scalar(Type.MICRO_TIME)),
            Map.entry("raw", Schema.scalar(Type.RAW)),
            Map.entry("any", Schema.scalar(Type.ANY)),
            Map.entry("schema-or-array", Schema.scalar(Type.ANY)),
            Map.entry("schema-or-bool", Schema.scalar(Type.ANY)),
            Map.entry("schema-or-strings", Schema.scalar(Type.ANY)));

    private final Map<String, Schema> types;

    private BuiltinTypes(Map<String, Schema> types) {
        this.types = Collections.unmodifiableMap(types);
    }

    private static final class Holder {
        static final BuiltinTypes TYPES = read();
    }

    public static BuiltinTypes get() {
        return Holder.TYPES;
    }

    /// A type by its short name such as `apps.v1.Deployment`; null when there is none.
    public @Nullable Schema find(String name) {
        return types.get(name);
    }

    /// A type the caller knows to exist.
    public Schema require(String name) {
        return Objects.requireNonNull(types.get(name), name);
    }

    public Map<String, Schema> all() {
        return types;
    }

    private static BuiltinTypes read() {
        Map<String, Schema> types = new TreeMap<>();
        List<String> lines;
        try (var in = Objects.requireNonNull(
                        BuiltinTypes.class.getResourceAsStream("builtin-types.txt"), "builtin-types.txt");
                var reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            lines = reader.lines()
                    .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        for (String line : lines) {
            if (!line.startsWith(" ")) {
                String[] words = line.split(" ");
                types.put(words[0], Schema.struct(words[0], words.length > 1));
            }
        }
        Schema current = null;
        for (String line : lines) {
            if (!line.startsWith(" ")) {
                current = types.get(line.split(" ")[0]);
            } else if (current != null) {
                current.add(field(line.strip().split(" "), types));
            }
        }
        return new BuiltinTypes(types);
    }

    private static Field field(String[] words, Map<String, Schema> types) {
        boolean required = false;
        boolean omitEmpty = false;
        boolean pointer = false;
        String mapType = "";
        JsonNode always = null;
        ListType listType = ListType.ATOMIC;
        List<String> keys = List.of();
        Set<String> patch = Set.of();
        String mergeKey = null;
        List<String> values = List.of();
        for (int i = 2; i < words.length; i++) {
            String word = words[i];
            int split = word.indexOf('=');
            String argument = split < 0 ? "" : word.substring(split + 1);
            switch (split < 0 ? word : word.substring(0, split)) {
                case "required" -> required = true;
                case "omitempty" -> omitEmpty = true;
                case "pointer" -> pointer = true;
                case "default" -> always = Json.parse(argument);
                case "map" -> mapType = argument;
                case "enum" -> values = List.of(argument.split("\\|"));
                case "list" -> {
                    String[] parts = argument.split(":");
                    listType = ListType.valueOf(parts[0].toUpperCase(java.util.Locale.ROOT));
                    keys = parts.length > 1 ? List.of(parts[1].split(",")) : List.of();
                }
                case "patch" -> {
                    String[] parts = argument.split(":");
                    patch = Set.of(parts[0].split("\\+"));
                    mergeKey = parts.length > 1 ? parts[1] : null;
                }
                default -> throw new IllegalStateException("builtin-types.txt: " + word);
            }
        }
        Schema schema = schema(words[1], types, listType, keys, mapType);
        return new Field(words[0], schema, required, omitEmpty, pointer, always, patch, mergeKey, values);
    }

    private static Schema schema(
            String type, Map<String, Schema> types, ListType listType, List<String> keys, String mapType) {
        if (type.startsWith("[]")) {
            return Schema.list(schema(type.substring(2), types, ListType.ATOMIC, List.of(), ""), listType, keys);
        }
        if (type.startsWith("{}")) {
            return Schema.map(
                    schema(type.substring(2), types, ListType.ATOMIC, List.of(), ""), mapType.equals("atomic"));
        }
        Schema scalar = SCALARS.get(type);
        if (scalar != null) {
            return scalar;
        }
        Schema struct = types.get(type);
        if (struct == null) {
            throw new IllegalStateException("builtin-types.txt: no type " + type);
        }
        if (mapType.isEmpty() || mapType.equals("atomic") == struct.isAtomic()) {
            return struct;
        }
        Schema other = Schema.struct(type, !struct.isAtomic());
        struct.fields().values().forEach(other::add);
        return other;
    }
}
