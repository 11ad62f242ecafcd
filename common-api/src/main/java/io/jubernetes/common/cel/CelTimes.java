package io.jubernetes.common.cel;

import static io.jubernetes.common.cel.CelFunctions.as;
import static io.jubernetes.common.cel.CelFunctions.plain;
import static io.jubernetes.common.cel.CelFunctions.text;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Map;
import java.util.function.ToLongFunction;

/// The parts of times and durations.
final class CelTimes {
    static final Instant FIRST = Instant.parse("0001-01-01T00:00:00Z");
    static final Instant LAST = Instant.parse("9999-12-31T23:59:59.999999999Z");

    private CelTimes() {}

    static void register(Map<String, CelFunctions.Function> table) {
        part(table, "getFullYear", ZonedDateTime::getYear);
        part(table, "getMonth", time -> time.getMonthValue() - 1L);
        part(table, "getDate", ZonedDateTime::getDayOfMonth);
        part(table, "getDayOfMonth", time -> time.getDayOfMonth() - 1L);
        part(table, "getDayOfWeek", time -> time.getDayOfWeek().getValue() % 7L);
        part(table, "getDayOfYear", time -> time.getDayOfYear() - 1L);
        either(table, "getHours", ZonedDateTime::getHour, Duration::toHours);
        either(table, "getMinutes", ZonedDateTime::getMinute, Duration::toMinutes);
        either(table, "getSeconds", ZonedDateTime::getSecond, Duration::toSeconds);
        either(table, "getMilliseconds", time -> time.getNano() / 1_000_000L, Duration::toMillis);
    }

    private static void part(
            Map<String, CelFunctions.Function> table, String name, ToLongFunction<ZonedDateTime> part) {
        table.put(name, plain(args -> part.applyAsLong(zoned(args))));
    }

    private static void either(
            Map<String, CelFunctions.Function> table,
            String name,
            ToLongFunction<ZonedDateTime> ofTime,
            ToLongFunction<Duration> ofDuration) {
        table.put(
                name,
                plain(args -> args[0] instanceof Duration duration
                        ? ofDuration.applyAsLong(duration)
                        : ofTime.applyAsLong(zoned(args))));
    }

    private static ZonedDateTime zoned(Object[] args) {
        Instant instant = as(args, 0, Instant.class);
        if (args.length < 2) {
            return instant.atZone(ZoneOffset.UTC);
        }
        String zone = text(args, 1);
        try {
            boolean offset = zone.indexOf(':') >= 0;
            String id = offset && Character.isDigit(zone.charAt(0)) ? "+" + zone : zone;
            return instant.atZone(zone.isEmpty() ? ZoneOffset.UTC : ZoneId.of(id));
        } catch (DateTimeException e) {
            throw new CelFailure("unknown time zone " + zone);
        }
    }
}
