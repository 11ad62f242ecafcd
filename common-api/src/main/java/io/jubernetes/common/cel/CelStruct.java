package io.jubernetes.common.cel;

import java.util.AbstractMap;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// An object that an expression makes, such as `Object.metadata{labels: {'a': 'b'}}`: its fields by
/// name, and the name of its type. Immutable.
public final class CelStruct extends AbstractMap<Object, Object> {
    private final String typeName;
    private final Map<Object, Object> fields;

    CelStruct(String typeName, Map<Object, Object> fields) {
        this.typeName = typeName;
        this.fields = Collections.unmodifiableMap(fields);
    }

    public String typeName() {
        return typeName;
    }

    /// Finds an object below this one, at any depth, whose type's name does not say where it stands.
    ///
    /// @return what is wrong, as the API words it; null when all names fit
    public @Nullable String misplaced() {
        for (Map.Entry<Object, Object> field : fields.entrySet()) {
            String problem = misplaced(field.getValue(), typeName + "." + field.getKey());
            if (problem != null) {
                return problem;
            }
        }
        return null;
    }

    private static @Nullable String misplaced(Object value, String expected) {
        return switch (value) {
            case CelStruct struct ->
                struct.typeName.equals(expected)
                        ? struct.misplaced()
                        : "unexpected type name \"" + struct.typeName + "\", expected \"" + expected
                                + "\", which matches field name path from root Object type";
            case Map<?, ?> map -> misplacedAmong(map.values(), expected);
            case java.util.List<?> list -> misplacedAmong(list, expected);
            default -> null;
        };
    }

    private static @Nullable String misplacedAmong(Iterable<?> values, String expected) {
        for (Object value : values) {
            String problem = misplaced(value, expected);
            if (problem != null) {
                return problem;
            }
        }
        return null;
    }

    @Override
    public @Nullable Object get(@Nullable Object key) {
        return fields.get(key);
    }

    @Override
    public boolean containsKey(@Nullable Object key) {
        return fields.containsKey(key);
    }

    @Override
    public Set<Map.Entry<Object, Object>> entrySet() {
        return fields.entrySet();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof CelStruct struct && struct.typeName.equals(typeName) && struct.fields.equals(fields);
    }

    @Override
    public int hashCode() {
        return fields.hashCode();
    }
}
