package io.jubernetes.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.jubernetes.apiserver.resource.Table;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/// Builds a kind's table column by column. Immutable once built.
public final class Columns implements Table {
    private static final String NAME_TEXT = "Name must be unique within a namespace.";
    private static final String AGE_TEXT = "How long ago the object was created.";

    private record Cell(Column column, Function<JsonNode, Object> value) {}

    /// A time of which the row shows how long ago it was.
    private record Moment(String time, String never) {}

    private final List<Cell> cells = new ArrayList<>();
    private int age = -1;

    private Columns() {}

    /// A table that begins with another column than the name.
    public static Columns unnamed() {
        return new Columns();
    }

    /// The name, shown with more than the name itself.
    public Columns name(Function<JsonNode, Object> value) {
        cells.add(new Cell(new Column("Name", "string", "name", NAME_TEXT, 0), value));
        return this;
    }

    /// A table that begins with the name.
    public static Columns named() {
        var columns = new Columns();
        columns.cells.add(new Cell(
                new Column("Name", "string", "name", NAME_TEXT, 0),
                object -> object.path("metadata").path("name").asText("")));
        return columns;
    }

    public Columns text(String name, Function<JsonNode, Object> value) {
        cells.add(new Cell(new Column(name, "string", "", name + " of the object.", 0), value));
        return this;
    }

    public Columns number(String name, Function<JsonNode, Object> value) {
        cells.add(new Cell(new Column(name, "integer", "", name + " of the object.", 0), value));
        return this;
    }

    public Columns flag(String name, Function<JsonNode, Object> value) {
        cells.add(new Cell(new Column(name, "boolean", "", name + " of the object.", 0), value));
        return this;
    }

    /// How long ago a time was.
    ///
    /// @param never shown when there is no time
    public Columns since(String name, String never, Function<JsonNode, Object> time) {
        cells.add(new Cell(
                new Column(name, "string", "", name + " of the object.", 0),
                object -> new Moment(String.valueOf(time.apply(object)), never)));
        return this;
    }

    /// Shown with `-o wide` only.
    public Columns wide(String name, Function<JsonNode, Object> value) {
        cells.add(new Cell(new Column(name, "string", "", name + " of the object.", 1), value));
        return this;
    }

    /// The time since creation.
    public Columns age() {
        age = cells.size();
        cells.add(new Cell(new Column("Age", "string", "", AGE_TEXT, 0), _ -> ""));
        return this;
    }

    @Override
    public List<Column> columns() {
        return cells.stream().map(Cell::column).toList();
    }

    @Override
    public void cells(JsonNode object, ArrayNode row, Clock clock) {
        for (int i = 0; i < cells.size(); i++) {
            if (i == age) {
                row.add(since(object.path("metadata").path("creationTimestamp").asText(""), clock));
            } else {
                switch (cells.get(i).value().apply(object)) {
                    case Long number -> row.add(number);
                    case Integer number -> row.add(number);
                    case Boolean flag -> row.add(flag);
                    case Moment moment -> row.add(moment.time.isEmpty() ? moment.never : since(moment.time, clock));
                    case Object other -> row.add(String.valueOf(other));
                }
            }
        }
    }

    /// The first texts of a list, and how many there are beside them.
    public static String some(List<String> texts, int most) {
        return texts.size() <= most
                ? String.join(",", texts)
                : String.join(",", texts.subList(0, most)) + " + " + (texts.size() - most) + " more...";
    }

    /// How long ago a time was, in the short form of `kubectl get`.
    public static String since(String time, Clock clock) {
        try {
            return duration(Duration.between(Instant.parse(time), clock.instant()));
        } catch (DateTimeParseException e) {
            return "<unknown>";
        }
    }

    /// A duration with two digits of meaning: `45s`, `5m10s`, `3h12m`, `2d3h`, `5y12d`.
    public static String duration(Duration duration) {
        long seconds = duration.toSeconds();
        if (seconds < -1) {
            return "<invalid>";
        }
        if (seconds < 0) {
            return "0s";
        }
        if (seconds < 120) {
            return seconds + "s";
        }
        long minutes = duration.toMinutes();
        if (minutes < 10) {
            return withRest(minutes, "m", seconds % 60, "s");
        }
        if (minutes < 180) {
            return minutes + "m";
        }
        long hours = duration.toHours();
        if (hours < 8) {
            return withRest(hours, "h", minutes % 60, "m");
        }
        if (hours < 48) {
            return hours + "h";
        }
        long days = hours / 24;
        if (days < 8) {
            return withRest(days, "d", hours % 24, "h");
        }
        if (days < 365 * 2) {
            return days + "d";
        }
        long years = days / 365;
        return years < 8 ? withRest(years, "y", days % 365, "d") : years + "y";
    }

    private static String withRest(long value, String unit, long rest, String restUnit) {
        return rest == 0 ? value + unit : value + unit + rest + restUnit;
    }
}
