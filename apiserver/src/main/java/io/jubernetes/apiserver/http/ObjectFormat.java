package io.jubernetes.apiserver.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.protobuf.ProtobufEncoder;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.BuiltinResources;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Strategy;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.resource.Table.Column;
import io.jubernetes.apiserver.schema.BuiltinTypes;
import io.jubernetes.apiserver.schema.Schema;
import io.jubernetes.apiserver.watchcache.CachedObject;
import io.jubernetes.common.codec.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// Writes objects of one resource in the form a client asked for. Cached objects that go out as they are stored
/// are passed on as bytes.
final class ObjectFormat {
    private static final String PROTOBUF = MediaFormat.Encoding.PROTOBUF.contentType();
    private static final Schema STATUS = BuiltinTypes.get().require("meta.v1.Status");
    private static final Schema PARTIAL = BuiltinTypes.get().require("meta.v1.PartialObjectMetadata");

    private final ApiResource resource;
    private final MediaFormat format;
    private final Clock clock;
    private final byte[] typePrefix;
    private final String form;
    private final String encoding;

    ObjectFormat(ApiResource resource, MediaFormat format, Clock clock) {
        this.resource = resource;
        this.format = format;
        this.clock = clock;
        form = resource.strategy().shownForm();
        encoding = form.isEmpty() ? resource.apiVersion() : resource.apiVersion() + " " + form;
        typePrefix = ("{\"kind\":\"" + resource.kind() + "\",\"apiVersion\":\"" + resource.apiVersion() + "\",")
                .getBytes(StandardCharsets.UTF_8);
    }

    MediaFormat media() {
        return format;
    }

    /// Whether cached bytes can be sent without decoding them.
    boolean isPlain() {
        return format.form() == MediaFormat.Form.OBJECT
                && format.encoding() == MediaFormat.Encoding.JSON
                && !format.pretty();
    }

    /// Whether frames about an object are the same for everybody who watches in this form.
    boolean isShared() {
        return isPlain() || isProtobuf();
    }

    /// What shared frames are kept under.
    String frameName(String type) {
        String name = isProtobuf() ? "protobuf " + format.formVersion() + " " : "";
        return type + " " + name;
    }

    boolean isProtobuf() {
        return format.encoding() == MediaFormat.Encoding.PROTOBUF;
    }

    /// The type of a watch's answer.
    String watchContentType() {
        return isProtobuf() ? PROTOBUF + ";stream=watch" : Reply.JSON;
    }

    /// The object's JSON in the requested version, with kind and version.
    byte[] json(CachedObject object) {
        if (form.isEmpty() && startsWith(object.json(), typePrefix)) {
            return object.json();
        }
        return object.encoded(encoding, cached -> encoded(cached, converted(cached)));
    }

    /// Names the plain JSON this writes among all encodings of an object.
    String encoding() {
        return encoding;
    }

    /// Converts objects that a list is about to show, all at once, so that a failure is known before anything is sent.
    void prepare(List<CachedObject> objects) {
        if (form.isEmpty()) {
            return;
        }
        List<CachedObject> missing =
                objects.stream().filter(object -> !object.has(encoding)).toList();
        List<ObjectNode> trees = new ArrayList<>(missing.size());
        missing.forEach(object -> trees.add(tree(object.json())));
        List<ObjectNode> shown = resource.strategy().afterLoad(trees);
        for (int i = 0; i < missing.size(); i++) {
            ObjectNode tree = shown.get(i);
            byte[] _ = missing.get(i).encoded(encoding, cached -> encoded(cached, tree));
        }
    }

    /// The tree's bytes; those the cache holds already when they are the same.
    private static byte[] encoded(CachedObject object, ObjectNode tree) {
        byte[] bytes = Json.bytes(tree);
        return Arrays.equals(bytes, object.json()) ? object.json() : bytes;
    }

    /// The object's JSON as it stands in a list of its kind, which names kind and version once for all.
    byte[] item(CachedObject object) {
        byte[] json = json(object);
        if (resource.strategy().isCustom() || !startsWith(json, typePrefix)) {
            return json;
        }
        byte[] item = Arrays.copyOfRange(json, typePrefix.length - 1, json.length);
        item[0] = '{';
        return item;
    }

    private static boolean startsWith(byte[] json, byte[] prefix) {
        return json.length > prefix.length && Arrays.equals(json, 0, prefix.length, prefix, 0, prefix.length);
    }

    /// The object as a tree in the requested version.
    ObjectNode tree(CachedObject object) {
        return converted(object);
    }

    private ObjectNode converted(CachedObject object) {
        if (object.has(encoding) && !form.isEmpty()) {
            return tree(json(object));
        }
        Strategy strategy = resource.strategy();
        return strategy.fromStorage(strategy.afterLoad(tree(object.json())), resource.apiVersion());
    }

    private static ObjectNode tree(byte[] json) {
        try {
            return (ObjectNode) Json.read(json);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /// An object in the form asked for.
    Reply.Bytes one(int status, ObjectNode object, Query query) {
        if (format.encoding() == MediaFormat.Encoding.PROTOBUF) {
            return new Reply.Bytes(status, PROTOBUF, envelope(object), Map.of());
        }
        return encode(status, shown(object, query));
    }

    /// As above, for what is no table.
    Reply.Bytes one(int status, ObjectNode object, String includeObject) {
        return isProtobuf()
                ? new Reply.Bytes(status, PROTOBUF, envelope(object), Map.of())
                : encode(status, format.form() == MediaFormat.Form.TABLE ? table(object, includeObject) : object);
    }

    private JsonNode shown(ObjectNode object, Query query) {
        return switch (format.form()) {
            case OBJECT -> object;
            case TABLE -> table(object, includeObject(query));
            case PARTIAL_METADATA -> partial(object);
            case PARTIAL_METADATA_LIST ->
                throw ApiException.of(
                        406,
                        "NotAcceptable",
                        "you requested PartialObjectMetadataList, but the requested object is not a list (*"
                                + internalName(resource.kind()) + ")",
                        null);
        };
    }

    /// A kind as messages name its type.
    String internalName(String kind) {
        return TypeCheck.internalName(resource, kind);
    }

    /// What a table's rows carry of the objects they are about.
    ///
    /// @throws ApiException 400 when the request asks for something else
    static String includeObject(Query query) {
        String value = query.text("includeObject");
        if (!List.of("", "Metadata", "Object", "None").contains(value)) {
            Cause cause = Cause.invalid("includeObject", value, "must be 'Metadata', 'Object', 'None', or empty");
            throw ApiException.badRequest(
                    "Unable to convert to Table as requested: " + cause.field() + ": " + cause.message());
        }
        return value;
    }

    /// The object's protobuf message without envelope, in the requested version; metadata only when that is asked for.
    byte[] message(CachedObject object) {
        boolean partial = format.form() != MediaFormat.Form.OBJECT;
        return object.encoded(
                (partial ? "protobuf metadata " : "protobuf ") + resource.apiVersion(),
                cached -> message(converted(cached)));
    }

    private byte[] message(ObjectNode object) {
        return format.form() == MediaFormat.Form.OBJECT
                ? ProtobufEncoder.message(schemaOf(object), object)
                : ProtobufEncoder.message(PARTIAL, object);
    }

    /// Subresources answer with kinds of their own.
    private Schema schemaOf(ObjectNode object) {
        String kind = object.path("kind").asText(resource.kind());
        return kind.equals(resource.kind())
                ? resource.schema()
                : BuiltinResources.schemaOf(object.path("apiVersion").asText(), kind);
    }

    byte[] envelope(CachedObject object) {
        return envelope(message(object));
    }

    byte[] envelope(ObjectNode object) {
        byte[] message = message(object);
        String kind = object.path("kind").asText(resource.kind());
        return format.form() == MediaFormat.Form.OBJECT && !kind.equals(resource.kind())
                ? ProtobufEncoder.envelope(object.path("apiVersion").asText(), kind, message)
                : envelope(message);
    }

    private byte[] envelope(byte[] message) {
        return format.form() == MediaFormat.Form.OBJECT
                ? ProtobufEncoder.envelope(resource.apiVersion(), resource.kind(), message)
                : ProtobufEncoder.envelope(format.formVersion(), "PartialObjectMetadata", message);
    }

    /// A list as one protobuf message.
    ///
    /// @param items the objects' messages
    byte[] list(ObjectNode metadata, List<byte[]> items) {
        byte[] message = ProtobufEncoder.list(metadata, items);
        return format.form() == MediaFormat.Form.OBJECT
                ? ProtobufEncoder.envelope(resource.apiVersion(), resource.listKind(), message)
                : ProtobufEncoder.envelope(format.formVersion(), "PartialObjectMetadataList", message);
    }

    /// Any tree in the encoding asked for; protobuf is for what has a schema, and goes as JSON here.
    Reply.Bytes encode(int status, JsonNode tree) {
        return switch (format.encoding()) {
            case JSON, PROTOBUF -> new Reply.Bytes(status, Reply.JSON, json(tree, format.pretty()), Map.of());
            case YAML -> new Reply.Bytes(status, format.encoding().contentType(), YamlText.bytes(tree), Map.of());
        };
    }

    /// A document that is no resource, such as those of discovery.
    static Reply.Bytes document(int status, ObjectNode document, MediaFormat format) {
        return switch (format.encoding()) {
            case JSON -> new Reply.Bytes(status, Reply.JSON, json(document, format.pretty()), Map.of());
            case YAML -> new Reply.Bytes(status, format.encoding().contentType(), YamlText.bytes(document), Map.of());
            case PROTOBUF -> {
                String kind = document.path("kind").asText();
                byte[] message = ProtobufEncoder.message(BuiltinTypes.get().require("meta.v1." + kind), document);
                yield new Reply.Bytes(status, PROTOBUF, ProtobufEncoder.envelope("v1", kind, message), Map.of());
            }
        };
    }

    /// A `Status` in an encoding.
    static Reply.Bytes status(int code, ObjectNode status, MediaFormat.Encoding encoding) {
        return switch (encoding) {
            case JSON -> Reply.json(code, status);
            case YAML -> new Reply.Bytes(code, encoding.contentType(), YamlText.bytes(status), Map.of());
            case PROTOBUF ->
                new Reply.Bytes(
                        code,
                        PROTOBUF,
                        ProtobufEncoder.envelope("v1", "Status", ProtobufEncoder.message(STATUS, status)),
                        Map.of());
        };
    }

    private static byte[] json(JsonNode tree, boolean pretty) {
        return pretty ? tree.toPrettyString().getBytes(StandardCharsets.UTF_8) : Json.bytes(tree);
    }

    /// A frame of a watch.
    ///
    /// @param withColumns whether a table names its columns
    byte[] frame(String type, ObjectNode object, String includeObject, boolean withColumns) {
        if (isProtobuf()) {
            return ProtobufEncoder.watchFrame(type, envelope(object));
        }
        JsonNode shown = switch (format.form()) {
            case OBJECT, PARTIAL_METADATA_LIST -> object;
            case PARTIAL_METADATA -> partial(object);
            case TABLE -> {
                ObjectNode table = table(object, includeObject);
                if (!withColumns) {
                    table.putNull("columnDefinitions");
                }
                yield table;
            }
        };
        return jsonFrame(type, Json.bytes(shown));
    }

    /// A frame about an object that goes out as it is cached; the same for all who watch plainly.
    byte[] plainFrame(String type, CachedObject object) {
        return isProtobuf() ? ProtobufEncoder.watchFrame(type, envelope(object)) : jsonFrame(type, json(object));
    }

    /// The frame that ends a watch because of a failure.
    byte[] errorFrame(ApiException failure) {
        return isProtobuf()
                ? ProtobufEncoder.watchFrame(
                        "ERROR",
                        status(failure.code(), failure.status(), MediaFormat.Encoding.PROTOBUF)
                                .body())
                : jsonFrame("ERROR", Json.bytes(failure.status()));
    }

    private static byte[] jsonFrame(String type, byte[] object) {
        byte[] head = ("{\"type\":\"" + type + "\",\"object\":").getBytes(StandardCharsets.UTF_8);
        byte[] frame = new byte[head.length + object.length + 2];
        System.arraycopy(head, 0, frame, 0, head.length);
        System.arraycopy(object, 0, frame, head.length, object.length);
        frame[frame.length - 2] = '}';
        frame[frame.length - 1] = '\n';
        return frame;
    }

    ObjectNode partial(ObjectNode object) {
        ObjectNode partial = Json.object();
        partial.put("kind", "PartialObjectMetadata").put("apiVersion", format.formVersion());
        partial.set("metadata", object.path("metadata"));
        return partial;
    }

    ObjectNode table(ObjectNode object, String includeObject) {
        ObjectNode table = emptyTable();
        table.putObject("metadata").put("resourceVersion", Meta.resourceVersion(object));
        addRow(table, object, includeObject);
        return table;
    }

    ObjectNode emptyTable() {
        ObjectNode table = Json.object();
        table.put("kind", "Table").put("apiVersion", format.formVersion());
        table.putObject("metadata");
        ArrayNode columns = table.putArray("columnDefinitions");
        for (Column column : resource.strategy().table().columns()) {
            columns.addObject()
                    .put("name", column.name())
                    .put("type", column.type())
                    .put("format", column.format())
                    .put("description", column.description())
                    .put("priority", column.priority());
        }
        table.putArray("rows");
        return table;
    }

    void addRow(ObjectNode rows, ObjectNode object, String includeObject) {
        ObjectNode row = ((ArrayNode) rows.get("rows")).addObject();
        Table table = resource.strategy().table();
        table.cells(object, row.putArray("cells"), clock);
        ArrayNode conditions = table.conditions(object);
        if (!conditions.isEmpty()) {
            row.set("conditions", conditions);
        }
        switch (includeObject) {
            case "Object" -> row.set("object", object);
            case "None" -> row.putNull("object");
            default -> row.set("object", partial(object));
        }
    }
}
