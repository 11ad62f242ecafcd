package io.jubernetes.common.cel;

import com.google.common.collect.ImmutableMap;
import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.StructType;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The type of a value with what is known of its size: how many elements it can have at most, and how
/// small it can be when it is sent. Immutable.
///
/// @param maxElements of a list or map, or bytes of a text
/// @param minSize of its JSON in bytes
/// @param element of a list, or value of a map
public record CelShape(
        CelType type,
        long maxElements,
        long minSize,
        @Nullable CelShape element,
        Map<String, CelShape> fields) {
    /// The largest request the API takes.
    public static final long MAX_REQUEST = 3L << 20;

    public static final long UNKNOWN = Long.MAX_VALUE;

    public static final CelShape DYN = simple(SimpleType.DYN, UNKNOWN, 1);
    public static final CelShape BOOL = simple(SimpleType.BOOL, UNKNOWN, 4);
    public static final CelShape INT = simple(SimpleType.INT, UNKNOWN, 1);
    public static final CelShape DOUBLE = simple(SimpleType.DOUBLE, UNKNOWN, 1);

    public static CelShape simple(CelType type, long maxElements, long minSize) {
        return new CelShape(type, maxElements, minSize, null, Map.of());
    }

    public static CelShape string(long maxBytes) {
        return simple(SimpleType.STRING, maxBytes, 2);
    }

    public static CelShape list(CelShape element, long maxElements) {
        return new CelShape(ListType.create(element.type()), maxElements, 2, element, Map.of());
    }

    public static CelShape map(CelShape value, long maxElements) {
        return new CelShape(MapType.create(SimpleType.STRING, value.type()), maxElements, 2, value, Map.of());
    }

    /// An object.
    ///
    /// @param name unique among the types of one expression
    /// @param fields under the names expressions use
    public static CelShape object(String name, Map<String, CelShape> fields, long minSize) {
        Map<String, CelShape> copy = new LinkedHashMap<>(fields);
        ImmutableMap.Builder<String, CelType> types = ImmutableMap.builder();
        copy.forEach((field, shape) -> types.put(field, shape.type()));
        ImmutableMap<String, CelType> byField = types.buildOrThrow();
        StructType type = StructType.create(name, byField.keySet(), field -> Optional.ofNullable(byField.get(field)));
        return new CelShape(type, UNKNOWN, minSize, null, copy);
    }

    /// How many such values a request can hold.
    public long maxCount() {
        return MAX_REQUEST / (minSize + 1);
    }

    CelShape requireElement() {
        return Objects.requireNonNull(element);
    }
}
