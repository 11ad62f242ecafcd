package io.jubernetes.apiserver.customresource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.common.codec.Json;

/// Values as messages about definitions show them: with every field, under names of their own.
final class InternalForm {
    private InternalForm() {}

    static JsonNode versions(JsonNode versions) {
        if (!versions.isArray()) {
            return Json.MAPPER.nullNode();
        }
        ArrayNode list = Json.MAPPER.createArrayNode();
        for (JsonNode version : versions) {
            ObjectNode node = list.addObject();
            node.put("Name", version.path("name").asText(""));
            node.put("Served", version.path("served").asBoolean(false));
            node.put("Storage", version.path("storage").asBoolean(false));
            node.put("Deprecated", version.path("deprecated").asBoolean(false));
            node.set("DeprecationWarning", version.get("deprecationWarning"));
            node.putNull("Schema");
            node.putNull("Subresources");
            node.putNull("AdditionalPrinterColumns");
            node.putNull("SelectableFields");
        }
        return list;
    }

    static JsonNode rule(Structural.Rule rule) {
        ObjectNode node = Json.object();
        node.put("Rule", rule.rule());
        node.put("Message", rule.message());
        node.put("MessageExpression", rule.messageExpression());
        node.put("Reason", rule.reason().isEmpty() ? null : rule.reason());
        node.put("FieldPath", rule.fieldPath());
        node.put("OptionalOldSelf", rule.optionalOldSelf());
        return node;
    }
}
