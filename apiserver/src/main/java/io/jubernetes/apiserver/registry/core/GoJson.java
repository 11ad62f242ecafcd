package io.jubernetes.apiserver.registry.core;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.common.codec.Json;

/// What is wrong with a JSON text that should hold an object, in the words clients of the API know.
final class GoJson {
    private GoJson() {}

    /// @return empty when the text is an object
    static String objectProblem(String text) {
        if (text.isBlank()) {
            return "unexpected end of JSON input";
        }
        try {
            JsonNode value = Json.MAPPER.readTree(text);
            return switch (value.getNodeType()) {
                case OBJECT, NULL -> "";
                case ARRAY -> mismatch("array");
                case STRING -> mismatch("string");
                case NUMBER -> mismatch("number");
                case BOOLEAN -> mismatch("bool");
                default -> "unexpected end of JSON input";
            };
        } catch (JsonEOFException e) {
            return "unexpected end of JSON input";
        } catch (JsonProcessingException e) {
            long offset = e.getLocation() == null ? 0 : e.getLocation().getCharOffset();
            int at = (int) Math.clamp(offset, 0, text.length() - 1L);
            char first = text.strip().charAt(0);
            if (first != '{' && first != '[' && first != '"') {
                return "invalid character '" + first + "' looking for beginning of value";
            }
            return "invalid character '" + text.charAt(at) + "' looking for beginning of value";
        }
    }

    private static String mismatch(String found) {
        return "json: cannot unmarshal " + found + " into Go value of type map[string]interface {}";
    }
}
