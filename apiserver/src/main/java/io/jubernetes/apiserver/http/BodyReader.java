package io.jubernetes.apiserver.http;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.protobuf.ProtobufDecoder;
import io.jubernetes.apiserver.request.RequestContext;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.Strategy;
import io.jubernetes.apiserver.resource.WriteOptions;
import io.jubernetes.apiserver.resource.WriteOptions.FieldValidation;
import io.jubernetes.apiserver.schema.DecodeException;
import io.jubernetes.apiserver.schema.Schema;
import io.jubernetes.common.codec.Json;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads request bodies into trees and decodes them by a kind's schema.
final class BodyReader {
    private static final List<String> UNDERSTOOD =
            List.of("application/json", "application/yaml", "application/vnd.kubernetes.protobuf");

    private BodyReader() {}

    /// A body as a tree, with what is said of its duplicate fields.
    record Parsed(ObjectNode object, List<String> duplicates) {
        /// The duplicates of a YAML body, which are told by line.
        List<String> yamlLines() {
            return duplicates.stream().filter(text -> text.startsWith("line ")).toList();
        }
    }

    /// Reads an object.
    ///
    /// @throws ApiException 400 when it is not well-formed, 415 when its format is unknown
    static Parsed object(byte[] body, @Nullable String contentType, Schema schema) {
        String type =
                contentType == null ? "" : contentType.split(";")[0].strip().toLowerCase(Locale.ROOT);
        return switch (type) {
            case "application/vnd.kubernetes.protobuf" -> protobuf(body, schema);
            case "application/yaml" -> yaml(body, schema);
            case "", "application/json" -> json(body, schema);
            default -> throw ApiException.unsupportedMediaType(UNDERSTOOD);
        };
    }

    private static Parsed json(byte[] body, Schema schema) {
        JsonNode tree;
        try {
            tree = Json.read(body);
            // The parser reads over a mark for the byte order, which is no JSON.
            if (tree.isMissingNode() || body[0] == (byte) 0xef) {
                throw new IOException("unexpected end of JSON input");
            }
        } catch (IOException e) {
            throw ApiException.badRequest("the object provided is unrecognized (must be of type " + kind(schema)
                    + "): couldn't get version/kind; json parse error: " + problem(body, e) + " (" + shown(body) + ")");
        }
        List<String> problems = new ArrayList<>();
        duplicates(body).forEach(path -> problems.add("duplicate field " + Json.text(path)));
        return new Parsed(object(tree), problems);
    }

    private static Parsed yaml(byte[] body, Schema schema) {
        try {
            YamlBody.Parsed parsed = YamlBody.read(body);
            JsonNode tree = parsed.tree();
            return new Parsed(tree == null ? Json.object() : object(tree), parsed.duplicates());
        } catch (IOException e) {
            throw ApiException.badRequest("the object provided is unrecognized (must be of type " + kind(schema) + "): "
                    + e.getMessage() + " (" + shown(body) + ")");
        }
    }

    private static String kind(Schema schema) {
        return schema.name().substring(schema.name().lastIndexOf('.') + 1);
    }

    /// The start of a body as messages show it.
    private static String shown(byte[] body) {
        if (body.length == 0) {
            return "<empty>";
        }
        String hex = HexFormat.of().formatHex(body, 0, Math.min(body.length, 30));
        return body.length > 30 ? hex + " ..." : hex;
    }

    /// What is wrong with a text that has been refused.
    static String problem(byte[] json, IOException failure) {
        String otherwise = failure instanceof JsonProcessingException processing
                ? processing.getOriginalMessage()
                : String.valueOf(failure.getMessage());
        return JsonSyntax.problem(json, otherwise);
    }

    private static ObjectNode object(JsonNode tree) {
        if (tree instanceof ObjectNode object) {
            return object;
        }
        if (tree.isNull()) {
            return Json.object();
        }
        throw ApiException.badRequest("couldn't get version/kind; json parse error: json: cannot unmarshal "
                + goType(tree)
                + " into Go value of type struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\";"
                + " Kind string \"json:\\\"kind,omitempty\\\"\" }");
    }

    private static Parsed protobuf(byte[] body, Schema schema) {
        try {
            ProtobufDecoder.Envelope envelope = ProtobufDecoder.open(body);
            ObjectNode object = ProtobufDecoder.decode(schema, envelope.raw());
            if (!envelope.kind().isEmpty()) {
                object.put("kind", envelope.kind()).put("apiVersion", envelope.apiVersion());
            }
            return new Parsed(object, List.of());
        } catch (IOException e) {
            throw ApiException.badRequest(String.valueOf(e.getMessage()));
        }
    }

    static String goType(JsonNode tree) {
        return switch (tree.getNodeType()) {
            case ARRAY -> "array";
            case OBJECT -> "object";
            case NUMBER -> "number";
            case BOOLEAN -> "bool";
            default -> "string";
        };
    }

    /// Decodes and checks unknown and duplicate fields as the request asks.
    static ObjectNode decode(
            RequestContext context,
            Schema schema,
            String kind,
            Parsed parsed,
            WriteOptions options,
            String shownVersion) {
        return decode(context, Strategy.NONE, schema, kind, parsed, options, shownVersion);
    }

    /// As above, for a resource, whose strategy may decode in its own way.
    static ObjectNode decode(RequestContext context, ApiResource resource, Parsed parsed, WriteOptions options) {
        return decode(
                context, resource.strategy(), resource.schema(), resource.kind(), parsed, options, resource.version());
    }

    private static ObjectNode decode(
            RequestContext context,
            Strategy strategy,
            Schema schema,
            String kind,
            Parsed parsed,
            WriteOptions options,
            String shownVersion) {
        Strategy.Decoded decoded;
        try {
            decoded = strategy.decode(schema, parsed.object());
        } catch (DecodeException e) {
            throw ApiException.badRequest(kind + " in version " + Json.text(shownVersion) + " cannot be handled as a "
                    + kind + ": " + e.getMessage());
        }
        List<String> problems = new ArrayList<>();
        if (options.fieldValidation() == FieldValidation.STRICT
                && !parsed.yamlLines().isEmpty()) {
            problems.add("yaml: unmarshal errors:\n  " + String.join("\n  ", parsed.yamlLines()));
        } else {
            problems.addAll(parsed.duplicates());
        }
        decoded.unknown().forEach(path -> problems.add("unknown field " + Json.text(path)));
        if (!problems.isEmpty()) {
            if (options.fieldValidation() == FieldValidation.STRICT) {
                throw ApiException.badRequest(kind + " in version " + Json.text(shownVersion)
                        + " cannot be handled as a " + kind + ": strict decoding error: "
                        + String.join(", ", problems));
            }
            if (options.fieldValidation() == FieldValidation.WARN) {
                problems.forEach(context::warn);
            }
        }
        return decoded.object();
    }

    /// The paths of fields that stand twice in one object.
    static List<String> duplicates(byte[] json) {
        List<String> found = new ArrayList<>();
        Deque<Set<String>> names = new ArrayDeque<>();
        Deque<Integer> indexes = new ArrayDeque<>();
        Deque<String> path = new ArrayDeque<>();
        try (JsonParser parser = Json.MAPPER.createParser(json)) {
            String field = "";
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                switch (token) {
                    case START_OBJECT -> {
                        enter(path, indexes, names, field);
                        names.push(new HashSet<>());
                        indexes.push(-1);
                        field = "";
                    }
                    case START_ARRAY -> {
                        enter(path, indexes, names, field);
                        names.push(Set.of());
                        indexes.push(0);
                        field = "";
                    }
                    case END_OBJECT, END_ARRAY -> {
                        names.pop();
                        indexes.pop();
                        if (!path.isEmpty()) {
                            path.pop();
                        }
                        field = "";
                    }
                    case FIELD_NAME -> {
                        field = parser.currentName();
                        if (!names.isEmpty() && !names.element().add(field) && found.size() < 100) {
                            found.add(join(path, field));
                        }
                    }
                    default -> {}
                }
            }
        } catch (IOException e) {
            // What is not well-formed has been refused before.
            return found;
        }
        return found;
    }

    private static void enter(Deque<String> path, Deque<Integer> indexes, Deque<Set<String>> names, String field) {
        if (names.isEmpty()) {
            return;
        }
        if (indexes.element() >= 0) {
            int index = indexes.pop();
            indexes.push(index + 1);
            path.push("[" + index + "]");
        } else {
            path.push(field);
        }
    }

    private static String join(Deque<String> path, String field) {
        var text = new StringBuilder();
        var parts = new ArrayList<>(path).reversed();
        for (String part : parts) {
            if (!text.isEmpty() && !part.startsWith("[")) {
                text.append('.');
            }
            text.append(part);
        }
        return text.isEmpty() ? field : text.append('.').append(field).toString();
    }
}
