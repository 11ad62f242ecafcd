package io.jubernetes.apiserver.customresource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.Table;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The columns a definition asks for. Immutable.
final class PrinterColumns implements Table {
    private static final Column NAME =
            new Column("Name", "string", "name", "Name must be unique within a namespace.", 0);

    private record Cell(Column column, Optional<JsonPath> path) {}

    private final List<Cell> cells = new ArrayList<>();

    /// @param columns `additionalPrinterColumns` as written; empty for a column with the age
    PrinterColumns(JsonNode columns) {
        for (JsonNode column : columns) {
            String path = column.path("jsonPath").asText("");
            String description = column.path("description").asText("");
            cells.add(new Cell(
                    new Column(
                            column.path("name").asText(""),
                            column.path("type").asText(""),
                            column.path("format").asText(""),
                            description.isEmpty()
                                    ? "Custom resource definition column (in JSONPath format): " + path
                                    : description,
                            column.path("priority").asInt(0)),
                    JsonPath.parse(path)));
        }
        if (columns.isEmpty()) {
            cells.add(new Cell(
                    new Column("Age", "date", "", "When the object was created.", 0),
                    JsonPath.parse(".metadata.creationTimestamp")));
        }
    }

    @Override
    public List<Column> columns() {
        List<Column> columns = new ArrayList<>();
        columns.add(NAME);
        cells.forEach(cell -> columns.add(cell.column()));
        return columns;
    }

    @Override
    public void cells(JsonNode object, ArrayNode row, Clock clock) {
        row.add(object.path("metadata").path("name").asText(""));
        for (Cell cell : cells) {
            List<JsonNode> found = cell.path().map(path -> path.find(object)).orElse(List.of());
            if (found.isEmpty() || found.getFirst().isNull()) {
                row.addNull();
            } else {
                add(row, cell.column().type(), found.getFirst(), clock);
            }
        }
    }

    private static void add(ArrayNode row, String type, JsonNode value, Clock clock) {
        switch (type) {
            case "integer" -> {
                if (value.isNumber()) {
                    row.add(value.longValue());
                } else {
                    row.addNull();
                }
            }
            case "number" -> {
                if (value.isNumber()) {
                    row.add(value);
                } else {
                    row.addNull();
                }
            }
            case "boolean" -> {
                if (value.isBoolean()) {
                    row.add(value);
                } else {
                    row.addNull();
                }
            }
            case "string" -> row.add(value.isValueNode() ? value.asText() : value.toString());
            case "date" -> {
                if (value.isTextual()) {
                    String age = Columns.since(value.textValue(), clock);
                    row.add(age.equals("<unknown>") ? "<invalid>" : age);
                } else {
                    row.addNull();
                }
            }
            default -> row.addNull();
        }
    }
}
