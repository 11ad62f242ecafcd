package io.jubernetes.apiserver.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.schema.Schema.Field;
import io.jubernetes.apiserver.schema.Schema.Type;

/// What the API makes of lists that a client gave without items: where the encoding always shows the list, the client
/// owns it as it stands in the request, but the store keeps no difference between such a list and none.
public final class EmptyLists {
    private EmptyLists() {}

    /// Whether a list or map without items stays in a request's object.
    static boolean areKept(Field field) {
        JsonNode always = field.alwaysPresent();
        return always == null ? field.required() && !field.omitEmpty() : always.isNull();
    }

    /// Brings an object into the form that is stored and shown.
    ///
    /// @param object of the schema; changed in place
    public static void settle(Schema schema, ObjectNode object) {
        for (var entry : object.properties()) {
            Field field = schema.field(entry.getKey());
            if (field == null) {
                continue;
            }
            JsonNode value = entry.getValue();
            if (value.isArray() && value.isEmpty() && areKept(field)) {
                entry.setValue(NullNode.instance);
            } else {
                settle(field.schema(), value);
            }
        }
    }

    private static void settle(Schema schema, JsonNode value) {
        if (schema.type() == Type.STRUCT && value instanceof ObjectNode struct) {
            settle(schema, struct);
        } else if (schema.type() == Type.LIST && schema.element().type() == Type.STRUCT) {
            value.forEach(item -> settle(schema.element(), item));
        }
    }
}
