package io.jubernetes.apiserver.registry.batch;

import io.jubernetes.common.codec.Json;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The text of a cron schedule: five fields, or a word such as `@daily`. Only its form is looked at here.
final class CronSchedule {
    private static final Set<String> WORDS =
            Set.of("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly");
    private static final List<String> MONTHS =
            List.of("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec");
    private static final List<String> DAYS = List.of("sun", "mon", "tue", "wed", "thu", "fri", "sat");

    /// @param names names of values, the first of which is the least value
    private record Bounds(int least, int most, List<String> names) {}

    private static final List<Bounds> FIELDS = List.of(
            new Bounds(0, 59, List.of()),
            new Bounds(0, 23, List.of()),
            new Bounds(1, 31, List.of()),
            new Bounds(1, 12, MONTHS),
            new Bounds(0, 6, DAYS));

    private static final class Malformed extends Exception {
        private static final long serialVersionUID = 1L;

        Malformed(String why) {
            super(why, null, false, false);
        }
    }

    private CronSchedule() {}

    /// What is wrong with a schedule; empty when it is well-formed.
    static Optional<String> problem(String schedule) {
        try {
            parse(schedule);
            return Optional.empty();
        } catch (Malformed e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    private static void parse(String schedule) throws Malformed {
        if (schedule.isEmpty()) {
            throw new Malformed("empty spec string");
        }
        String text = schedule;
        if (text.startsWith("TZ=") || text.startsWith("CRON_TZ=")) {
            int space = text.indexOf(' ');
            String zone = text.substring(text.indexOf('=') + 1, space < 0 ? text.length() : space);
            if (!TimeZones.isKnown(zone)) {
                throw new Malformed("provided bad location " + zone + ": unknown time zone " + zone);
            }
            text = space < 0 ? "" : text.substring(space).strip();
        }
        if (text.startsWith("@")) {
            word(text);
            return;
        }
        String[] fields = text.isBlank() ? new String[0] : text.strip().split("\\s+");
        if (fields.length != FIELDS.size()) {
            throw new Malformed("expected exactly " + FIELDS.size() + " fields, found " + fields.length + ": ["
                    + String.join(" ", fields) + "]");
        }
        for (int i = 0; i < fields.length; i++) {
            for (String part : fields[i].split(",")) {
                if (!part.isEmpty()) {
                    range(part, FIELDS.get(i));
                }
            }
        }
    }

    private static void word(String text) throws Malformed {
        if (WORDS.contains(text)) {
            return;
        }
        if (!text.startsWith("@every ")) {
            throw new Malformed("unrecognized descriptor: " + text);
        }
        String duration = text.substring("@every ".length());
        if (!duration.matches("[-+]?(0|([0-9]+\\.?[0-9]*|\\.[0-9]+)(ns|us|µs|ms|s|m|h)"
                + "(([0-9]+\\.?[0-9]*|\\.[0-9]+)(ns|us|µs|ms|s|m|h))*+)")) {
            throw new Malformed("failed to parse duration " + text + ": time: invalid duration " + Json.text(duration));
        }
    }

    private static void range(String text, Bounds bounds) throws Malformed {
        String[] stepped = text.split("/", -1);
        String[] ends = stepped[0].split("-", -1);
        boolean single = ends.length == 1;
        int start;
        int end;
        if (ends[0].equals("*") || ends[0].equals("?")) {
            start = bounds.least;
            end = bounds.most;
        } else {
            start = value(ends[0], bounds);
            end = switch (ends.length) {
                case 1 -> start;
                case 2 -> value(ends[1], bounds);
                default -> throw new Malformed("too many hyphens: " + text);
            };
        }
        int step = 1;
        if (stepped.length == 2) {
            step = number(stepped[1]);
            if (single) {
                end = bounds.most;
            }
        } else if (stepped.length > 2) {
            throw new Malformed("too many slashes: " + text);
        }
        if (start < bounds.least) {
            throw new Malformed("beginning of range (" + start + ") below minimum (" + bounds.least + "): " + text);
        }
        if (end > bounds.most) {
            throw new Malformed("end of range (" + end + ") above maximum (" + bounds.most + "): " + text);
        }
        if (start > end) {
            throw new Malformed("beginning of range (" + start + ") beyond end of range (" + end + "): " + text);
        }
        if (step == 0) {
            throw new Malformed("step of range should be a positive number: " + text);
        }
    }

    private static int value(String text, Bounds bounds) throws Malformed {
        int named = bounds.names.indexOf(text.toLowerCase(Locale.ROOT));
        return named >= 0 ? named + bounds.least : number(text);
    }

    private static int number(String text) throws Malformed {
        int number;
        try {
            number = Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new Malformed("failed to parse int from " + text + ": strconv.Atoi: parsing " + Json.text(text)
                    + ": invalid syntax");
        }
        if (number < 0) {
            throw new Malformed("negative number (" + number + ") not allowed: " + text);
        }
        return number;
    }

    /// Names of time zones.
    static final class TimeZones {
        private static final Map<String, String> SPECIAL = Map.of("UTC", "UTC", "", "UTC");

        private TimeZones() {}

        static boolean isKnown(String zone) {
            return SPECIAL.containsKey(zone)
                    || java.time.ZoneId.getAvailableZoneIds().contains(zone) && !zone.startsWith("SystemV/")
                    || Set.of("EST", "MST", "HST", "ROC").contains(zone);
        }
    }
}
