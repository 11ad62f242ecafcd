package io.jubernetes.apiserver.openapi;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;

/// Writes an OpenAPI v2 document as the protobuf message of the gnostic project, which `kubectl` before 1.27
/// reads. The field numbers are those of gnostic's published `OpenAPIv2.proto`; of what that has, only what
/// these documents have is written.
final class SwaggerProtobuf {
    private static final Map<String, Integer> METHODS =
            Map.of("get", 2, "put", 3, "post", 4, "delete", 5, "options", 6, "head", 7, "patch", 8);

    @FunctionalInterface
    private interface Writer {
        void write(CodedOutputStream out) throws IOException;
    }

    private static byte[] message(Writer writer) throws IOException {
        var bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        writer.write(out);
        out.flush();
        return bytes.toByteArray();
    }

    byte[] encode(JsonNode document) {
        try {
            return message(out -> {
                text(out, 1, document.path("swagger"));
                JsonNode info = document.path("info");
                out.writeByteArray(2, message(inner -> {
                    text(inner, 1, info.path("title"));
                    text(inner, 2, info.path("version"));
                }));
                out.writeByteArray(8, paths(document.path("paths")));
                out.writeByteArray(9, named(document.path("definitions")));
                out.writeByteArray(13, security(document.path("securityDefinitions")));
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void text(CodedOutputStream out, int number, JsonNode value) throws IOException {
        if (value.isTextual()) {
            out.writeString(number, value.asText());
        }
    }

    private static void texts(CodedOutputStream out, int number, JsonNode values) throws IOException {
        for (JsonNode value : values) {
            out.writeString(number, value.asText());
        }
    }

    private static void flag(CodedOutputStream out, int number, JsonNode value) throws IOException {
        if (value.asBoolean(false)) {
            out.writeBool(number, true);
        }
    }

    private static byte[] pair(String name, byte[] value) throws IOException {
        return message(out -> {
            out.writeString(1, name);
            out.writeByteArray(2, value);
        });
    }

    private static byte[] security(JsonNode schemes) throws IOException {
        return message(out -> {
            for (Map.Entry<String, JsonNode> scheme : schemes.properties()) {
                byte[] key = message(inner -> {
                    text(inner, 1, scheme.getValue().path("type"));
                    text(inner, 2, scheme.getValue().path("name"));
                    text(inner, 3, scheme.getValue().path("in"));
                    text(inner, 4, scheme.getValue().path("description"));
                });
                out.writeByteArray(1, pair(scheme.getKey(), message(inner -> inner.writeByteArray(2, key))));
            }
        });
    }

    private static byte[] paths(JsonNode paths) throws IOException {
        return message(out -> {
            for (Map.Entry<String, JsonNode> path : paths.properties()) {
                byte[] item = message(inner -> {
                    for (Map.Entry<String, JsonNode> operation : path.getValue().properties()) {
                        Integer number = METHODS.get(operation.getKey());
                        if (number != null) {
                            inner.writeByteArray(number, operation(operation.getValue()));
                        }
                    }
                });
                out.writeByteArray(2, pair(path.getKey(), item));
            }
        });
    }

    private static byte[] operation(JsonNode operation) throws IOException {
        return message(out -> {
            text(out, 5, operation.path("operationId"));
            texts(out, 6, operation.path("produces"));
            texts(out, 7, operation.path("consumes"));
            for (JsonNode parameter : operation.path("parameters")) {
                byte[] plain = message(inner -> inner.writeByteArray(2, parameter(parameter)));
                out.writeByteArray(8, message(inner -> inner.writeByteArray(1, plain)));
            }
            out.writeByteArray(9, responses(operation.path("responses")));
            texts(out, 10, operation.path("schemes"));
            extensions(out, 13, operation);
        });
    }

    /// A parameter that is no body, as the choice between query and path.
    private static byte[] parameter(JsonNode parameter) throws IOException {
        boolean path = parameter.path("in").asText().equals("path");
        byte[] content = message(out -> {
            flag(out, 1, parameter.path("required"));
            text(out, 2, parameter.path("in"));
            text(out, 4, parameter.path("name"));
            text(out, path ? 5 : 6, parameter.path("type"));
            flag(out, path ? 19 : 20, parameter.path("uniqueItems"));
        });
        return message(out -> out.writeByteArray(path ? 4 : 3, content));
    }

    private static byte[] responses(JsonNode responses) throws IOException {
        return message(out -> {
            for (Map.Entry<String, JsonNode> response : responses.properties()) {
                byte[] content =
                        message(inner -> text(inner, 1, response.getValue().path("description")));
                out.writeByteArray(1, pair(response.getKey(), message(inner -> inner.writeByteArray(1, content))));
            }
        });
    }

    private static byte[] named(JsonNode schemas) throws IOException {
        return message(out -> {
            for (Map.Entry<String, JsonNode> schema : schemas.properties()) {
                out.writeByteArray(1, pair(schema.getKey(), schema(schema.getValue())));
            }
        });
    }

    private static byte[] schema(JsonNode schema) throws IOException {
        return message(out -> {
            text(out, 1, schema.path("$ref"));
            text(out, 2, schema.path("format"));
            text(out, 4, schema.path("description"));
            texts(out, 19, schema.path("required"));
            for (JsonNode value : schema.path("enum")) {
                out.writeByteArray(20, any(value));
            }
            if (schema.path("additionalProperties") instanceof ObjectNode values) {
                byte[] content = schema(values);
                out.writeByteArray(21, message(inner -> inner.writeByteArray(1, content)));
            }
            if (schema.has("type")) {
                out.writeByteArray(22, message(inner -> text(inner, 1, schema.path("type"))));
            }
            if (schema.has("items")) {
                byte[] content = schema(schema.path("items"));
                out.writeByteArray(23, message(inner -> inner.writeByteArray(1, content)));
            }
            if (schema.has("properties")) {
                out.writeByteArray(25, named(schema.path("properties")));
            }
            extensions(out, 31, schema);
        });
    }

    private static void extensions(CodedOutputStream out, int number, JsonNode node) throws IOException {
        for (Map.Entry<String, JsonNode> entry : node.properties()) {
            if (entry.getKey().startsWith("x-")) {
                out.writeByteArray(number, pair(entry.getKey(), any(entry.getValue())));
            }
        }
    }

    /// Any value goes as YAML, of which JSON is a part.
    private static byte[] any(JsonNode value) throws IOException {
        return message(out -> out.writeString(2, value + "\n"));
    }
}
