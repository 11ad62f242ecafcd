package io.jubernetes.common.codec;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Durations as the API and its flags write them, which is how Go does: `1h30m`, `-1.5s`, `250ms`.
public final class GoDuration {
    private static final Pattern PART = Pattern.compile("([0-9]*\\.?[0-9]*)(ns|us|µs|μs|ms|s|m|h)");
    private static final Map<String, Long> NANOS = Map.of(
            "ns",
            1L,
            "us",
            1_000L,
            "µs",
            1_000L,
            "μs",
            1_000L,
            "ms",
            1_000_000L,
            "s",
            1_000_000_000L,
            "m",
            60_000_000_000L,
            "h",
            3_600_000_000_000L);

    private GoDuration() {}

    /// The duration a text names; empty when it names none, or one longer than 292 years.
    public static Optional<Duration> find(String text) {
        boolean negative = text.startsWith("-");
        String rest = negative || text.startsWith("+") ? text.substring(1) : text;
        if (rest.equals("0")) {
            return Optional.of(Duration.ZERO);
        }
        if (rest.isEmpty() || rest.length() > 100) {
            return Optional.empty();
        }
        BigDecimal total = BigDecimal.ZERO;
        Matcher matcher = PART.matcher(rest);
        int at = 0;
        while (at < rest.length()) {
            if (!matcher.find(at) || matcher.start() != at) {
                return Optional.empty();
            }
            String number = matcher.group(1);
            if (number.isEmpty() || number.equals(".")) {
                return Optional.empty();
            }
            long unit = NANOS.getOrDefault(matcher.group(2), 0L);
            total = total.add(new BigDecimal("0" + number + "0".repeat(number.endsWith(".") ? 1 : 0))
                    .multiply(BigDecimal.valueOf(unit)));
            at = matcher.end();
        }
        BigDecimal signed = negative ? total.negate() : total;
        if (signed.abs().compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
            return Optional.empty();
        }
        return Optional.of(Duration.ofNanos(signed.longValue()));
    }

    /// The duration a text names.
    ///
    /// @throws IllegalArgumentException when it names none
    public static Duration parse(String text) {
        return find(text)
                .orElseThrow(() ->
                        new IllegalArgumentException("\"" + text + "\" is not a duration such as 90s, 1m30s or 500ms"));
    }

    /// Such as `1m0s`; to the second, or to the millisecond below one.
    public static String text(Duration duration) {
        long seconds = duration.toSeconds();
        if (seconds == 0 && duration.toMillis() > 0) {
            return duration.toMillis() + "ms";
        }
        String minutes = seconds < 60 ? "" : seconds / 60 % 60 + "m";
        String hours = seconds < 3600 ? "" : seconds / 3600 + "h";
        return hours + minutes + seconds % 60 + "s";
    }
}
