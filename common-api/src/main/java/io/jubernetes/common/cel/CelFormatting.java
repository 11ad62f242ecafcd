package io.jubernetes.common.cel;

import com.google.protobuf.ByteString;
import io.jubernetes.common.codec.Json;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// `string.format`: `%s`, `%d`, `%f`, `%e`, `%b`, `%x`, `%X` and `%o`.
final class CelFormatting {
    private CelFormatting() {}

    static String format(String pattern, List<?> arguments) {
        var text = new StringBuilder();
        int used = 0;
        int i = 0;
        while (i < pattern.length()) {
            char c = pattern.charAt(i++);
            if (c != '%') {
                text.append(c);
                continue;
            }
            if (i >= pattern.length()) {
                throw new CelFailure("unexpected end of string");
            }
            if (pattern.charAt(i) == '%') {
                text.append('%');
                i++;
                continue;
            }
            int precision = 6;
            if (pattern.charAt(i) == '.') {
                int start = i + 1;
                i = start;
                while (i < pattern.length() && Character.isDigit(pattern.charAt(i)) && i - start < 3) {
                    i++;
                }
                if (i == start || i >= pattern.length()) {
                    throw new CelFailure("could not find end of precision specifier");
                }
                precision = Integer.parseInt(pattern.substring(start, i));
            }
            if (used >= arguments.size()) {
                throw new CelFailure("index " + used + " out of range");
            }
            Object argument = arguments.get(used++);
            text.append(one(pattern.charAt(i++), precision, argument));
        }
        return text.toString();
    }

    private static String one(char clause, int precision, Object value) {
        return switch (clause) {
            case 's' -> text(value, false);
            case 'd' ->
                switch (value) {
                    case Long number -> number.toString();
                    case CelUint number -> number.toString();
                    case Double number when number.isNaN() || number.isInfinite() -> special(number);
                    default -> throw wrong("decimal clause can only be used on integers", value);
                };
            case 'f' -> fixed(value, precision);
            case 'e' -> scientific(value, precision);
            case 'b' ->
                switch (value) {
                    case Boolean truth -> truth ? "1" : "0";
                    case Long number -> BigInteger.valueOf(number).toString(2);
                    case CelUint number -> number.toBigInteger().toString(2);
                    default -> throw wrong("only integers and bools can be formatted as binary", value);
                };
            case 'o' ->
                switch (value) {
                    case Long number -> BigInteger.valueOf(number).toString(8);
                    case CelUint number -> number.toBigInteger().toString(8);
                    default -> throw wrong("octal clause can only be used on integers", value);
                };
            case 'x' -> hex(value);
            case 'X' -> hex(value).toUpperCase(Locale.ROOT);
            default -> throw new CelFailure("unrecognized formatting clause \"" + clause + "\"");
        };
    }

    private static CelFailure wrong(String rule, Object value) {
        return new CelFailure("error during formatting: " + rule + ", was given " + CelValues.typeOf(value));
    }

    private static String special(double value) {
        return Double.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
    }

    private static String fixed(Object value, int precision) {
        BigDecimal number = switch (value) {
            case Double real when real.isNaN() || real.isInfinite() -> null;
            case Double real -> new BigDecimal(real);
            case Long whole -> BigDecimal.valueOf(whole);
            case CelUint whole -> new BigDecimal(whole.toBigInteger());
            default -> throw wrong("fixed-point clause can only be used on doubles", value);
        };
        return number == null
                ? special((Double) value)
                : number.setScale(precision, RoundingMode.HALF_EVEN).toPlainString();
    }

    private static String scientific(Object value, int precision) {
        if (value instanceof Double number) {
            return number.isNaN() || number.isInfinite()
                    ? special(number)
                    : String.format(Locale.ROOT, "%." + precision + "e", number);
        }
        if (value instanceof Long number) {
            return String.format(Locale.ROOT, "%." + precision + "e", number.doubleValue());
        }
        throw wrong("scientific clause can only be used on doubles", value);
    }

    private static String hex(Object value) {
        return switch (value) {
            case Long number -> BigInteger.valueOf(number).toString(16);
            case CelUint number -> number.toBigInteger().toString(16);
            case String text -> HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8));
            case ByteString bytes -> HexFormat.of().formatHex(bytes.toByteArray());
            default -> throw wrong("only integers, byte buffers, and strings can be formatted as hex", value);
        };
    }

    private static String text(Object value, boolean inside) {
        return switch (value) {
            case String text -> inside ? Json.text(text) : text;
            case CelNull _ -> "null";
            case Double number when number.isNaN() || number.isInfinite() -> special(number);
            case Instant instant -> inside ? "timestamp(\"" + instant + "\")" : instant.toString();
            case Duration duration ->
                inside ? "duration(\"" + CelConversions.toText(duration) + "\")" : CelConversions.toText(duration);
            case List<?> list ->
                list.stream()
                        .map(item -> text(item, true))
                        .collect(java.util.stream.Collectors.joining(", ", "[", "]"));
            case Map<?, ?> map -> {
                Map<String, String> sorted = new TreeMap<>();
                map.forEach((key, item) -> sorted.put(text(key, true), text(item, true)));
                yield sorted.entrySet().stream()
                        .map(entry -> entry.getKey() + ": " + entry.getValue())
                        .collect(java.util.stream.Collectors.joining(", ", "{", "}"));
            }
            default -> CelConversions.toText(value);
        };
    }
}
