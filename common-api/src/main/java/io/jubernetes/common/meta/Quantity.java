package io.jubernetes.common.meta;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// An amount of a resource such as `500m`, `1.5Gi` or `12e6`, exact, with the suffix family it was written in.
/// Immutable.
///
/// The rules are those of the Quantity type of the Kubernetes API: at most nano precision (finer amounts are
/// rounded up), and one canonical text a value: no fractional digits, the largest suffix that keeps the number
/// whole.
public final class Quantity implements Comparable<Quantity> {
    /// The suffix family, which decides the canonical text.
    public enum Format {
        /// `Ki`, `Mi`, … powers of 1024
        BINARY_SI,
        /// `m`, `k`, `M`, … powers of 1000
        DECIMAL_SI,
        /// `e3`, `E6`, … powers of ten
        DECIMAL_EXPONENT
    }

    public static final Quantity ZERO = new Quantity(BigDecimal.ZERO, Format.DECIMAL_SI);

    private static final String BINARY = "KMGTPE";
    private static final String DECIMAL_LARGE = "kMGTPE";
    private static final String DECIMAL_SMALL = "mun";
    private static final BigDecimal BINARY_STEP = BigDecimal.valueOf(1024);
    private static final BigDecimal MAX = BigDecimal.valueOf(Long.MAX_VALUE);
    private static final int MAX_LENGTH = 1024;

    private final BigDecimal value;
    private final Format format;
    private @Nullable String text;

    private Quantity(BigDecimal value, Format format) {
        this.value = value;
        this.format = format;
    }

    /// The amount as a decimal number.
    public static Quantity of(long value) {
        return new Quantity(BigDecimal.valueOf(value), Format.DECIMAL_SI);
    }

    /// An amount in thousandths, as CPUs are counted.
    public static Quantity ofMilli(long thousandths) {
        return new Quantity(BigDecimal.valueOf(thousandths, 3), Format.DECIMAL_SI);
    }

    /// An amount of bytes, shown with binary suffixes.
    public static Quantity ofBytes(long bytes) {
        return new Quantity(BigDecimal.valueOf(bytes), Format.BINARY_SI);
    }

    /// Reads a quantity the caller knows to be well-formed.
    ///
    /// @throws IllegalArgumentException when it is not
    public static Quantity parse(String text) {
        return tryParse(text).orElseThrow(() -> new IllegalArgumentException("not a quantity: " + text));
    }

    /// Reads a quantity; empty when the text is not one.
    public static Optional<Quantity> tryParse(String text) {
        int length = text.length();
        if (length == 0 || length > MAX_LENGTH) {
            return Optional.empty();
        }
        int at = text.charAt(0) == '+' || text.charAt(0) == '-' ? 1 : 0;
        int digits = 0;
        boolean point = false;
        int numberStart = text.charAt(0) == '+' ? 1 : 0;
        while (at < length) {
            char c = text.charAt(at);
            if (c >= '0' && c <= '9') {
                digits++;
            } else if (c == '.' && !point) {
                point = true;
            } else {
                break;
            }
            at++;
        }
        if (digits == 0) {
            return Optional.empty();
        }
        BigDecimal number = new BigDecimal(trimPoint(text.substring(numberStart, at)));
        String suffix = text.substring(at);
        return switch (suffix.length()) {
            case 0 -> Optional.of(bounded(number, Format.DECIMAL_SI));
            case 1 -> decimalSuffix(number, suffix.charAt(0));
            default ->
                suffix.length() == 2 && suffix.charAt(1) == 'i'
                        ? binarySuffix(number, suffix.charAt(0))
                        : exponentSuffix(number, suffix);
        };
    }

    private static String trimPoint(String number) {
        String whole = number.endsWith(".") ? number.substring(0, number.length() - 1) : number;
        return whole.startsWith("-.") ? "-0" + whole.substring(1) : whole;
    }

    private static Optional<Quantity> decimalSuffix(BigDecimal number, char suffix) {
        int small = DECIMAL_SMALL.indexOf(suffix);
        int large = DECIMAL_LARGE.indexOf(suffix);
        if (small >= 0) {
            return Optional.of(bounded(number.scaleByPowerOfTen(-3 * (small + 1)), Format.DECIMAL_SI));
        }
        return large >= 0
                ? Optional.of(bounded(number.scaleByPowerOfTen(3 * (large + 1)), Format.DECIMAL_SI))
                : Optional.empty();
    }

    private static Optional<Quantity> binarySuffix(BigDecimal number, char suffix) {
        int power = BINARY.indexOf(suffix);
        return power < 0
                ? Optional.empty()
                : Optional.of(bounded(number.multiply(BINARY_STEP.pow(power + 1)), Format.BINARY_SI));
    }

    private static Optional<Quantity> exponentSuffix(BigDecimal number, String suffix) {
        if (suffix.charAt(0) != 'e' && suffix.charAt(0) != 'E') {
            return Optional.empty();
        }
        String exponent = suffix.substring(1);
        int sign = exponent.startsWith("-") || exponent.startsWith("+") ? 1 : 0;
        if (exponent.length() == sign || exponent.length() > 10) {
            return Optional.empty();
        }
        for (int i = sign; i < exponent.length(); i++) {
            if (exponent.charAt(i) < '0' || exponent.charAt(i) > '9') {
                return Optional.empty();
            }
        }
        long power = Long.parseLong(exponent);
        // Beyond these bounds the amount is the largest or the smallest there is, whatever the digits before it say.
        int bounded = Math.clamp(power, -2000, 2000);
        return Optional.of(bounded(number.scaleByPowerOfTen(bounded), Format.DECIMAL_EXPONENT));
    }

    /// Rounds up (away from zero) to nano precision and cuts to what 64 bits hold, as the API does.
    private static Quantity bounded(BigDecimal number, Format format) {
        BigDecimal rounded = number.scale() > 9 ? number.setScale(9, RoundingMode.UP) : number;
        if (rounded.compareTo(MAX) > 0) {
            rounded = MAX;
        } else if (rounded.compareTo(MAX.negate()) < 0) {
            rounded = MAX.negate();
        }
        // Amounts below 1024 that are written in binary have no binary suffix to show them; fractions fall back to
        // decimal.
        Format shown = format == Format.BINARY_SI && isFraction(rounded) ? Format.DECIMAL_SI : format;
        return new Quantity(rounded, shown);
    }

    private static boolean isFraction(BigDecimal number) {
        return number.stripTrailingZeros().scale() > 0;
    }

    public Format format() {
        return format;
    }

    public BigDecimal value() {
        return value;
    }

    /// The amount as a whole number, rounded up.
    public long toLong() {
        return value.setScale(0, RoundingMode.CEILING).longValue();
    }

    /// The amount in thousandths, rounded up, cut to what 64 bits hold.
    public long toMilli() {
        BigDecimal milli = value.scaleByPowerOfTen(3).setScale(0, RoundingMode.CEILING);
        return milli.compareTo(MAX) > 0 ? Long.MAX_VALUE : milli.longValue();
    }

    public Quantity plus(Quantity other) {
        return new Quantity(value.add(other.value), value.signum() == 0 ? other.format : format);
    }

    public Quantity minus(Quantity other) {
        return new Quantity(value.subtract(other.value), value.signum() == 0 ? other.format : format);
    }

    public int signum() {
        return value.signum();
    }

    public boolean isWhole() {
        return !isFraction(value);
    }

    @Override
    public int compareTo(Quantity other) {
        return value.compareTo(other.value);
    }

    /// Equal in amount; the suffix family does not count.
    @Override
    public boolean equals(Object other) {
        return other instanceof Quantity quantity && value.compareTo(quantity.value) == 0;
    }

    @Override
    public int hashCode() {
        return value.stripTrailingZeros().hashCode();
    }

    /// The canonical text.
    @Override
    public String toString() {
        String known = text;
        if (known == null) {
            known = format(value, format);
            text = known;
        }
        return known;
    }

    private static String format(BigDecimal value, Format format) {
        if (value.signum() == 0) {
            return "0";
        }
        if (format == Format.BINARY_SI) {
            return binary(value);
        }
        BigDecimal plain = value.stripTrailingZeros();
        int exponent = -plain.scale();
        // The largest multiple of three that keeps the number whole.
        int steps = Math.floorDiv(exponent, 3);
        if (format == Format.DECIMAL_SI) {
            steps = Math.clamp(steps, -3, 6);
        }
        BigInteger mantissa = plain.scaleByPowerOfTen(-3 * steps).toBigInteger();
        if (steps == 0) {
            return mantissa.toString();
        }
        if (format == Format.DECIMAL_EXPONENT) {
            return mantissa + "e" + 3 * steps;
        }
        return mantissa.toString() + (steps < 0 ? DECIMAL_SMALL.charAt(-steps - 1) : DECIMAL_LARGE.charAt(steps - 1));
    }

    private static String binary(BigDecimal value) {
        if (value.abs().compareTo(BINARY_STEP) < 0) {
            return format(value, Format.DECIMAL_SI);
        }
        BigInteger whole = value.toBigIntegerExact();
        BigInteger step = BigInteger.valueOf(1024);
        int power = 0;
        while (power < BINARY.length()) {
            BigInteger[] split = whole.divideAndRemainder(step);
            if (split[1].signum() != 0) {
                break;
            }
            whole = split[0];
            power++;
        }
        return power == 0 ? whole.toString() : whole.toString() + BINARY.charAt(power - 1) + "i";
    }
}
