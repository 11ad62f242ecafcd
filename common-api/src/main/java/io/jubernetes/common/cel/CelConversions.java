package io.jubernetes.common.cel;

import static io.jubernetes.common.cel.CelFunctions.plain;
import static io.jubernetes.common.cel.CelFunctions.traversing;

import com.google.protobuf.ByteString;
import io.jubernetes.common.codec.GoDuration;
import io.jubernetes.common.codec.Json;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Map;

/// The functions that turn values of one type into another.
final class CelConversions {
    private CelConversions() {}

    static void register(Map<String, CelFunctions.Function> table) {
        table.put("type", plain(args -> new CelTypeName(CelValues.typeOf(args[0]))));
        table.put("dyn", plain(args -> args[0]));
        table.put("int", plain(args -> toInt(args[0])));
        table.put("uint", plain(args -> toUint(args[0])));
        table.put("double", plain(args -> toDouble(args[0])));
        table.put("bool", plain(args -> toBool(args[0])));
        table.put("string", traversing(args -> toText(args[0])));
        table.put("bytes", traversing(args -> switch (args[0]) {
            case String text -> ByteString.copyFromUtf8(text);
            case ByteString bytes -> bytes;
            default -> throw CelFailure.noOverload();
        }));
        table.put("timestamp", traversing(args -> toTimestamp(args[0])));
        table.put("duration", traversing(args -> switch (args[0]) {
            case Duration duration -> duration;
            case Long nanos -> Duration.ofNanos(nanos);
            case String text ->
                GoDuration.find(text).orElseThrow(() -> conversion("string", "google.protobuf.Duration"));
            default -> throw CelFailure.noOverload();
        }));
    }

    private static CelFailure conversion(String from, String to) {
        return new CelFailure("type conversion error from '" + from + "' to '" + to + "'");
    }

    private static Object toInt(Object value) {
        return switch (value) {
            case Long number -> number;
            case CelUint number -> {
                if (number.bits() < 0) {
                    throw new CelFailure("integer overflow");
                }
                yield number.bits();
            }
            case Double number -> {
                if (number.isNaN() || number <= -0x1p63 || number >= 0x1p63) {
                    throw new CelFailure("integer overflow");
                }
                yield number.longValue();
            }
            case String text -> {
                try {
                    yield Long.parseLong(text);
                } catch (NumberFormatException e) {
                    throw new CelFailure("strconv.ParseInt: parsing " + Json.text(text) + ": invalid syntax");
                }
            }
            case Instant instant -> instant.getEpochSecond();
            case Duration duration -> duration.toNanos();
            default -> throw CelFailure.noOverload();
        };
    }

    private static Object toUint(Object value) {
        return switch (value) {
            case CelUint number -> number;
            case Long number -> CelUint.of(BigInteger.valueOf(number));
            case Double number -> {
                if (number.isNaN() || number < 0 || number >= 0x1p64) {
                    throw new CelFailure("unsigned integer overflow");
                }
                yield CelUint.of(new BigDecimal(number).toBigInteger());
            }
            case String text -> {
                try {
                    yield new CelUint(Long.parseUnsignedLong(text));
                } catch (NumberFormatException e) {
                    throw new CelFailure("strconv.ParseUint: parsing " + Json.text(text) + ": invalid syntax");
                }
            }
            default -> throw CelFailure.noOverload();
        };
    }

    private static Object toDouble(Object value) {
        return switch (value) {
            case Double number -> number;
            case Long number -> number.doubleValue();
            case CelUint number -> number.toBigInteger().doubleValue();
            case String text -> {
                try {
                    yield Double.parseDouble(text);
                } catch (NumberFormatException e) {
                    throw new CelFailure("strconv.ParseFloat: parsing " + Json.text(text) + ": invalid syntax");
                }
            }
            default -> throw CelFailure.noOverload();
        };
    }

    private static Object toBool(Object value) {
        return switch (value) {
            case Boolean truth -> truth;
            case String text ->
                switch (text) {
                    case "1", "t", "T", "true", "TRUE", "True" -> true;
                    case "0", "f", "F", "false", "FALSE", "False" -> false;
                    default ->
                        throw new CelFailure("strconv.ParseBool: parsing " + Json.text(text) + ": invalid syntax");
                };
            default -> throw CelFailure.noOverload();
        };
    }

    private static Object toTimestamp(Object value) {
        return switch (value) {
            case Instant instant -> instant;
            case Long seconds -> Instant.ofEpochSecond(seconds);
            case String text -> {
                try {
                    yield OffsetDateTime.parse(text).toInstant();
                } catch (DateTimeException e) {
                    throw conversion("string", "google.protobuf.Timestamp");
                }
            }
            default -> throw CelFailure.noOverload();
        };
    }

    /// A value as text.
    static String toText(Object value) {
        return switch (value) {
            case String text -> text;
            case Long number -> number.toString();
            case CelUint number -> number.toString();
            case Double number -> number(number);
            case Boolean truth -> truth.toString();
            case ByteString bytes -> {
                if (!bytes.isValidUtf8()) {
                    throw new CelFailure("invalid UTF-8 in bytes, cannot convert to string");
                }
                yield bytes.toStringUtf8();
            }
            case Instant instant -> instant.toString();
            case Duration duration -> seconds(duration);
            case CelTypeName type -> type.name();
            case CelOpaque.Ip ip ->
                ip.address().getHostAddress().contains(":")
                        ? com.google.common.net.InetAddresses.toAddrString(ip.address())
                        : ip.address().getHostAddress();
            case CelOpaque.Cidr cidr ->
                com.google.common.net.InetAddresses.toAddrString(cidr.address()) + "/" + cidr.bits();
            default -> throw CelFailure.noOverload();
        };
    }

    static String number(double value) {
        if (Double.isNaN(value)) {
            return "NaN";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "+Inf" : "-Inf";
        }
        if (value == 0) {
            return "0";
        }
        double size = Math.abs(value);
        String plain =
                new BigDecimal(Double.toString(value)).stripTrailingZeros().toPlainString();
        if (size >= 1e-4 && size < 1e21) {
            return plain;
        }
        String[] parts = Double.toString(value).split("E");
        String digits = parts[0].endsWith(".0") ? parts[0].substring(0, parts[0].length() - 2) : parts[0];
        int exponent = Integer.parseInt(parts[1]);
        return digits + "e" + (exponent < 0 ? "-" : "+") + (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
    }

    private static String seconds(Duration duration) {
        BigDecimal seconds = BigDecimal.valueOf(duration.toNanos(), 9).stripTrailingZeros();
        return seconds.toPlainString() + "s";
    }
}
