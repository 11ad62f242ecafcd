package io.jubernetes.kubelet.config;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Durations as Go writes them: `1h30m`, `10s`, `1.5m`, `300ms`.
public final class GoDuration {
    private static final Pattern PART = Pattern.compile("(\\d+(?:\\.\\d+)?)(ms|us|ns|h|m|s)");
    private static final Map<String, Long> NANOS = Map.of(
            "h", 3_600_000_000_000L,
            "m", 60_000_000_000L,
            "s", 1_000_000_000L,
            "ms", 1_000_000L,
            "us", 1_000L,
            "ns", 1L);

    private GoDuration() {}

    /// @throws IllegalArgumentException when it is none
    public static Duration parse(String text) {
        if (text.equals("0")) {
            return Duration.ZERO;
        }
        Matcher parts = PART.matcher(text);
        int end = 0;
        BigDecimal nanos = BigDecimal.ZERO;
        while (parts.find() && parts.start() == end) {
            nanos = nanos.add(new BigDecimal(parts.group(1))
                    .multiply(BigDecimal.valueOf(NANOS.getOrDefault(parts.group(2), 0L))));
            end = parts.end();
        }
        if (end == 0 || end != text.length()) {
            throw new IllegalArgumentException("\"" + text + "\" is not a duration such as 1m30s");
        }
        return Duration.ofNanos(nanos.longValue());
    }

    /// As Go prints it: `1m0s`.
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
