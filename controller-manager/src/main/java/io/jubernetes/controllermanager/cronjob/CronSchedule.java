package io.jubernetes.controllermanager.cronjob;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// A schedule in the five-field form of cron, or one of its short words (`@daily`, `@every 1h30m`). Immutable.
final class CronSchedule {
    private static final List<String> MONTHS =
            List.of("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec");
    private static final List<String> DAYS = List.of("sun", "mon", "tue", "wed", "thu", "fri", "sat");
    private static final int SEARCH_YEARS = 5;

    private final long minutes;
    private final long hours;
    private final long daysOfMonth;
    private final long months;
    private final long daysOfWeek;
    private final boolean anyDay;
    private final Optional<Duration> every;

    private CronSchedule(
            long minutes,
            long hours,
            long daysOfMonth,
            long months,
            long daysOfWeek,
            boolean anyDay,
            Optional<Duration> every) {
        this.minutes = minutes;
        this.hours = hours;
        this.daysOfMonth = daysOfMonth;
        this.months = months;
        this.daysOfWeek = daysOfWeek;
        this.anyDay = anyDay;
        this.every = every;
    }

    /// @throws IllegalArgumentException with the reason when it cannot be read
    static CronSchedule parse(String text) {
        String plain = text.trim();
        String line = switch (plain) {
            case "@yearly", "@annually" -> "0 0 1 1 *";
            case "@monthly" -> "0 0 1 * *";
            case "@weekly" -> "0 0 * * 0";
            case "@daily", "@midnight" -> "0 0 * * *";
            case "@hourly" -> "0 * * * *";
            default -> plain;
        };
        if (line.startsWith("@every ")) {
            Duration period = new io.jubernetes.common.controller.ServiceOptions.DurationConverter()
                    .convert(line.substring(7).trim());
            if (period.compareTo(Duration.ofSeconds(1)) < 0) {
                throw new IllegalArgumentException("a period must be at least a second: " + text);
            }
            return new CronSchedule(0, 0, 0, 0, 0, false, Optional.of(period));
        }
        String[] fields = line.split("\\s+", -1);
        if (fields.length != 5) {
            throw new IllegalArgumentException("expected exactly 5 fields, found " + fields.length + ": " + text);
        }
        boolean anyDay = isStar(fields[2]) || isStar(fields[4]);
        long weekdays = field(fields[4], 0, 7, DAYS, 0);
        // Sunday is both 0 and 7.
        if ((weekdays & (1L << 7)) != 0) {
            weekdays |= 1;
        }
        return new CronSchedule(
                field(fields[0], 0, 59, List.of(), 0),
                field(fields[1], 0, 23, List.of(), 0),
                field(fields[2], 1, 31, List.of(), 0),
                field(fields[3], 1, 12, MONTHS, 1),
                weekdays,
                anyDay,
                Optional.empty());
    }

    private static boolean isStar(String field) {
        return field.startsWith("*") || field.startsWith("?");
    }

    private static long field(String text, int min, int max, List<String> names, int firstName) {
        long bits = 0;
        for (String part : text.split(",", -1)) {
            int slash = part.indexOf('/');
            String range = slash < 0 ? part : part.substring(0, slash);
            int step = slash < 0 ? 1 : number(part.substring(slash + 1), List.of(), 0, text);
            int from;
            int to;
            int dash = range.indexOf('-');
            if (range.equals("*") || range.equals("?")) {
                from = min;
                to = max == 7 ? 6 : max;
            } else if (dash > 0) {
                from = number(range.substring(0, dash), names, firstName, text);
                to = number(range.substring(dash + 1), names, firstName, text);
            } else {
                from = number(range, names, firstName, text);
                to = slash < 0 ? from : max;
            }
            if (from < min || to > max || from > to || step < 1) {
                throw new IllegalArgumentException("out of range: " + text);
            }
            for (int value = from; value <= to; value += step) {
                bits |= 1L << value;
            }
        }
        return bits;
    }

    private static int number(String text, List<String> names, int firstName, String whole) {
        int named = names.indexOf(text.toLowerCase(Locale.ROOT));
        if (named >= 0) {
            return named + firstName;
        }
        try {
            return Integer.parseUnsignedInt(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("not a number: " + text + " in " + whole, e);
        }
    }

    /// The first time after `from`; empty when there is none in five years, such as for 30 February.
    Optional<Instant> next(Instant from, ZoneId zone) {
        if (every.isPresent()) {
            return Optional.of(from.truncatedTo(ChronoUnit.SECONDS).plus(every.get()));
        }
        ZonedDateTime time = from.atZone(zone).truncatedTo(ChronoUnit.MINUTES).plusMinutes(1);
        ZonedDateTime end = time.plusYears(SEARCH_YEARS);
        while (time.isBefore(end)) {
            if (!has(months, time.getMonthValue())) {
                time = time.truncatedTo(ChronoUnit.DAYS).withDayOfMonth(1).plusMonths(1);
            } else if (!isDay(time)) {
                time = time.truncatedTo(ChronoUnit.DAYS).plusDays(1);
            } else if (!has(hours, time.getHour())) {
                time = time.truncatedTo(ChronoUnit.HOURS).plusHours(1);
            } else if (!has(minutes, time.getMinute())) {
                time = time.plusMinutes(1);
            } else {
                return Optional.of(time.toInstant());
            }
        }
        return Optional.empty();
    }

    /// When both day fields are restricted either may match, else both must.
    private boolean isDay(ZonedDateTime time) {
        boolean month = has(daysOfMonth, time.getDayOfMonth());
        boolean week = has(daysOfWeek, time.getDayOfWeek().getValue() % 7);
        return anyDay ? month && week : month || week;
    }

    private static boolean has(long bits, int value) {
        return (bits & (1L << value)) != 0;
    }
}
