package io.jubernetes.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.time.Clock;
import java.util.List;

/// The columns a kind shows in `kubectl get`, and how a row's cells come from an object.
public interface Table {
    /// One column.
    ///
    /// @param type `string`, `integer`, `date`, …
    /// @param priority 0 is always shown, more only with `-o wide`
    record Column(String name, String type, String format, String description, int priority) {
        public static Column of(String name) {
            return new Column(name, "string", "", "", 0);
        }

        public static Column wide(String name) {
            return new Column(name, "string", "", "", 1);
        }
    }

    /// Name and creation time: for kinds that have nothing better.
    Table DEFAULT = new Table() {
        @Override
        public List<Column> columns() {
            return List.of(
                    new Column("Name", "string", "name", "Name must be unique within a namespace.", 0),
                    new Column("Created At", "date", "", "When the object was created.", 0));
        }

        @Override
        public void cells(JsonNode object, ArrayNode row, Clock clock) {
            row.add(object.path("metadata").path("name").asText());
            row.add(object.path("metadata").path("creationTimestamp").asText());
        }
    };

    List<Column> columns();

    /// What sets an object's row apart, such as that a pod has run to its end.
    default ArrayNode conditions(JsonNode object) {
        return JsonNodeFactory.instance.arrayNode();
    }

    /// Adds one cell a column.
    void cells(JsonNode object, ArrayNode row, Clock clock);
}
