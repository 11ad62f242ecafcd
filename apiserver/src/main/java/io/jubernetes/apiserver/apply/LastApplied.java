package io.jubernetes.apiserver.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.schema.Schema;
import io.jubernetes.common.codec.Json;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// The annotation in which kubectl's client-side apply keeps what it applied last; `kubectl apply --server-side` takes
/// over from it.
final class LastApplied {
    static final String ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration";
    private static final int MAX_ANNOTATION_BYTES = 256 * 1024;

    private LastApplied() {}

    /// What client-side apply named and nobody has changed since; empty when there is no usable annotation.
    static Optional<FieldSet> unchanged(Schema schema, ObjectNode live) {
        JsonNode text = live.path("metadata").path("annotations").path(ANNOTATION);
        if (!text.isTextual()) {
            return Optional.empty();
        }
        try {
            if (Json.read(text.asText().getBytes(StandardCharsets.UTF_8)) instanceof ObjectNode last
                    && last.path("kind").equals(live.path("kind"))) {
                Comparison since = Comparison.of(schema, last, live);
                return Optional.of(TreeFields.of(schema, last)
                        .difference(since.modified())
                        .difference(since.added())
                        .difference(since.removed()));
            }
        } catch (java.io.IOException e) {
            return Optional.empty();
        }
        return Optional.empty();
    }

    /// Brings the annotation, where there is one, up to what was applied now.
    static void refresh(ObjectNode object, ObjectNode patch) {
        if (object.path("metadata")
                .path("annotations")
                .path(ANNOTATION)
                .asText("")
                .isEmpty()) {
            return;
        }
        ObjectNode annotations = Meta.child(Meta.of(object), "annotations");
        ObjectNode applied = patch.deepCopy();
        if (applied.path("metadata").path("annotations") instanceof ObjectNode own) {
            own.remove(ANNOTATION);
        }
        String text = sorted(applied) + "\n";
        annotations.put(ANNOTATION, text);
        long size = 0;
        for (Map.Entry<String, JsonNode> entry : annotations.properties()) {
            size += bytes(entry.getKey()) + bytes(entry.getValue().asText());
        }
        if (size > MAX_ANNOTATION_BYTES) {
            annotations.remove(ANNOTATION);
        }
    }

    private static long bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }

    private static JsonNode sorted(JsonNode value) {
        if (value instanceof ObjectNode object) {
            Map<String, JsonNode> fields = new TreeMap<>();
            object.properties().forEach(entry -> fields.put(entry.getKey(), sorted(entry.getValue())));
            return Json.object().setAll(fields);
        }
        if (value instanceof ArrayNode array) {
            ArrayNode result = Json.MAPPER.createArrayNode();
            array.forEach(item -> result.add(sorted(item)));
            return result;
        }
        return value;
    }
}
