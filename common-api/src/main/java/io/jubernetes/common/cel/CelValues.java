package io.jubernetes.common.cel;

import com.google.protobuf.ByteString;
import io.jubernetes.common.meta.Quantity;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// The values of expressions and how they compare.
///
/// A value is a Boolean, Long, [CelUint], Double, String, ByteString, Instant, Duration, [CelNull],
/// List, Map (also for objects, by their fields), Optional, or one of the types of the function
/// libraries.
public final class CelValues {
    private CelValues() {}

    /// A quantity as a value.
    public static Object quantity(Quantity amount) {
        return new CelOpaque.Amount(amount);
    }

    /// A semantic version as a value; empty when the text is none.
    public static Optional<Object> version(String text) {
        return CelAmounts.parse(text, false).map(Object.class::cast);
    }

    /// Whether two values are equal; numbers of different types are when they name the same number.
    public static boolean equal(Object a, Object b) {
        if (isNumber(a) && isNumber(b)) {
            return compareNumbers(a, b) == 0 && !isNaN(a) && !isNaN(b);
        }
        return switch (a) {
            case SchemaList left when b instanceof List<?> right -> left.equalTo(right);
            case List<?> left when b instanceof SchemaList right -> right.equalTo(left);
            case List<?> left when b instanceof List<?> right -> equalLists(left, right);
            case Map<?, ?> left when b instanceof Map<?, ?> right -> equalMaps(left, right);
            case Optional<?> left
            when b instanceof Optional<?> right ->
                left.isPresent() == right.isPresent()
                        && (left.isEmpty() || equal(left.orElseThrow(), right.orElseThrow()));
            default -> Objects.equals(a, b);
        };
    }

    static boolean equalLists(List<?> left, List<?> right) {
        if (left.size() != right.size()) {
            return false;
        }
        for (int i = 0; i < left.size(); i++) {
            if (!equal(left.get(i), right.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean equalMaps(Map<?, ?> left, Map<?, ?> right) {
        if (left.size() != right.size()) {
            return false;
        }
        for (Map.Entry<?, ?> entry : left.entrySet()) {
            Object other = lookup(right, entry.getKey());
            if (other == null || !equal(entry.getValue(), other)) {
                return false;
            }
        }
        return true;
    }

    /// The value at a key, which may be a number of another type; null when there is none.
    static @org.jspecify.annotations.Nullable Object lookup(Map<?, ?> map, Object key) {
        Object found = map.get(key);
        if (found != null || !isNumber(key)) {
            return found;
        }
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            if (isNumber(entry.getKey()) && compareNumbers(entry.getKey(), key) == 0) {
                return entry.getValue();
            }
        }
        return null;
    }

    static boolean isNumber(Object value) {
        return value instanceof Long || value instanceof Double || value instanceof CelUint;
    }

    private static boolean isNaN(Object value) {
        return value instanceof Double number && number.isNaN();
    }

    static int compareNumbers(Object a, Object b) {
        if (a instanceof Long left && b instanceof Long right) {
            return Long.compare(left, right);
        }
        if (a instanceof Double || b instanceof Double) {
            double left = toDouble(a);
            double right = toDouble(b);
            if (Double.isNaN(left) || Double.isNaN(right) || Double.isInfinite(left) || Double.isInfinite(right)) {
                return left < right ? -1 : left > right ? 1 : 0;
            }
        }
        return toDecimal(a).compareTo(toDecimal(b));
    }

    private static double toDouble(Object number) {
        return switch (number) {
            case Long value -> value.doubleValue();
            case Double value -> value;
            case CelUint value -> value.toBigInteger().doubleValue();
            default -> throw CelFailure.noOverload();
        };
    }

    private static BigDecimal toDecimal(Object number) {
        return switch (number) {
            case Long value -> BigDecimal.valueOf(value);
            case Double value -> new BigDecimal(value);
            case CelUint value -> new BigDecimal(value.toBigInteger());
            default -> throw CelFailure.noOverload();
        };
    }

    /// Which of two values comes first.
    ///
    /// @throws CelFailure when values of these types have no order
    static int compare(Object a, Object b) {
        if (isNumber(a) && isNumber(b)) {
            return compareNumbers(a, b);
        }
        return switch (a) {
            case String left when b instanceof String right -> compareTexts(left, right);
            case Boolean left when b instanceof Boolean right -> Boolean.compare(left, right);
            case Instant left when b instanceof Instant right -> left.compareTo(right);
            case Duration left when b instanceof Duration right -> left.compareTo(right);
            case ByteString left
            when b instanceof ByteString right ->
                ByteString.unsignedLexicographicalComparator().compare(left, right);
            default -> throw CelFailure.noOverload();
        };
    }

    /// By code points, as UTF-8 bytes compare.
    private static int compareTexts(String left, String right) {
        int length = Math.min(left.length(), right.length());
        for (int i = 0; i < length; i++) {
            char a = left.charAt(i);
            char b = right.charAt(i);
            if (a != b) {
                boolean surrogates = Character.isSurrogate(a) != Character.isSurrogate(b);
                return surrogates ? (Character.isSurrogate(a) ? 1 : -1) : Character.compare(a, b);
            }
        }
        return Integer.compare(left.length(), right.length());
    }

    /// The name of a value's type.
    static String typeOf(Object value) {
        return switch (value) {
            case Boolean _ -> "bool";
            case Long _ -> "int";
            case CelUint _ -> "uint";
            case Double _ -> "double";
            case String _ -> "string";
            case ByteString _ -> "bytes";
            case Instant _ -> "google.protobuf.Timestamp";
            case Duration _ -> "google.protobuf.Duration";
            case CelNull _ -> "null_type";
            case List<?> _ -> "list";
            case CelStruct struct -> struct.typeName();
            case Map<?, ?> _ -> "map";
            case Optional<?> _ -> "optional_type";
            case CelTypeName _ -> "type";
            case CelOpaque opaque -> opaque.typeName();
            default -> value.getClass().getSimpleName();
        };
    }

    /// How large a value is, for what operations on it cost.
    static long sizeOf(Object value) {
        return switch (value) {
            case String text -> text.codePointCount(0, text.length());
            case ByteString bytes -> bytes.size();
            case List<?> list -> list.size();
            case Map<?, ?> map -> map.size();
            default -> 1;
        };
    }
}
