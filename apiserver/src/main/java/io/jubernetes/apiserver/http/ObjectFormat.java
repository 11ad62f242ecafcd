package io.jubernetes.apiserver.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table.Column;
import io.jubernetes.apiserver.watchcache.CachedObject;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.codec.Yaml;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Arrays;

/// Writes objects of one resource in the form a client asked for. Cached objects that go out as they are stored are
/// passed on as
/// bytes.
final class ObjectFormat {
    private final ApiResource resource;
    private final MediaFormat format;
    private final Clock clock;
    private final byte[] typePrefix;

    ObjectFormat(ApiResource resource, MediaFormat format, Clock clock) {
        this.resource = resource;
        this.format = format;
        this.clock = clock;
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

    /// The object's JSON in the requested version, with kind and version.
    byte[] json(CachedObject object) {
        if (startsWith(object.json(), typePrefix)) {
            return object.json();
        }
        return object.encoded(resource.apiVersion(), cached -> Json.bytes(converted(cached)));
    }

    /// The object's JSON as it stands in a list of its kind, which names kind and version once for all.
    byte[] item(CachedObject object) {
        byte[] json = json(object);
        if (resource.strategy().typedListItems() || !startsWith(json, typePrefix)) {
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
        try {
            return resource.strategy().fromStorage((ObjectNode) Json.read(object.json()), resource.apiVersion());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /// An object in the form asked for.
    Reply.Bytes one(int status, ObjectNode object, String includeObject) {
        JsonNode shown = switch (format.form()) {
            case OBJECT, PARTIAL_METADATA_LIST -> object;
            case TABLE -> table(object, includeObject);
            case PARTIAL_METADATA -> partial(object);
        };
        return encode(status, shown);
    }

    /// Any tree in the encoding asked for.
    Reply.Bytes encode(int status, JsonNode tree) {
        byte[] bytes = switch (format.encoding()) {
            case JSON -> format.pretty() ? pretty(tree) : Json.bytes(tree);
            case YAML -> Yaml.text(tree).getBytes(StandardCharsets.UTF_8);
        };
        return new Reply.Bytes(status, format.encoding().contentType(), bytes, java.util.Map.of());
    }

    private static byte[] pretty(JsonNode tree) {
        return tree.toPrettyString().getBytes(StandardCharsets.UTF_8);
    }

    /// What a watch event carries for the object.
    byte[] eventObject(ObjectNode object, String includeObject, boolean withColumns) {
        return Json.bytes(
                switch (format.form()) {
                    case OBJECT, PARTIAL_METADATA_LIST -> object;
                    case PARTIAL_METADATA -> partial(object);
                    case TABLE -> {
                        ObjectNode table = table(object, includeObject);
                        if (!withColumns) {
                            table.putNull("columnDefinitions");
                        }
                        yield table;
                    }
                });
    }

    ObjectNode partial(ObjectNode object) {
        ObjectNode partial = Json.object();
        partial.put("kind", "PartialObjectMetadata").put("apiVersion", "meta.k8s.io/v1");
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
        table.put("kind", "Table").put("apiVersion", "meta.k8s.io/v1");
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

    void addRow(ObjectNode table, ObjectNode object, String includeObject) {
        ObjectNode row = ((ArrayNode) table.get("rows")).addObject();
        resource.strategy().table().cells(object, row.putArray("cells"), clock);
        switch (includeObject) {
            case "Object" -> row.set("object", object);
            case "None" -> row.putNull("object");
            default -> row.set("object", partial(object));
        }
    }
}
