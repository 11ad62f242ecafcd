package io.jubernetes.apiserver.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.patch.PatchException.Problem;
import io.jubernetes.common.codec.Json;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// JSON patch, RFC 6902, with the leniences of the Kubernetes API: a negative array index counts from the end, a path
/// need not begin with a slash, replacing what an object lacks adds it, and a missing value is null.
public final class JsonPatch {
    /// More operations than this are refused.
    public static final int MAX_OPERATIONS = 10_000;

    /// Copies may add up to this many bytes: a few of them could otherwise double an object without end.
    private static final long MAX_COPIED = 3 << 20;

    private long copied;

    private JsonPatch() {}

    /// The target with all operations done in order.
    ///
    /// @throws PatchException when an operation cannot be read or done; the target is as before
    public static JsonNode apply(JsonNode target, ArrayNode operations) throws PatchException {
        var patch = new JsonPatch();
        JsonNode document = target.deepCopy();
        for (JsonNode operation : operations) {
            document = patch.one(document, operation);
        }
        return document;
    }

    private JsonNode one(JsonNode document, JsonNode operation) throws PatchException {
        String op = operation.path("op").asText("");
        String path = text(operation, "path", op);
        return switch (op) {
            case "add" -> add(document, path, value(operation));
            case "remove" -> remove(document, path);
            case "replace" -> replace(document, path, value(operation));
            case "test" -> test(document, path, operation.get("value"));
            case "move" -> {
                String from = text(operation, "from", op);
                JsonNode moved = required(document, from, "move");
                yield add(remove(document, from), path, moved);
            }
            case "copy" -> add(document, path, copy(document, text(operation, "from", op)));
            default -> throw unprocessable("Unexpected kind: " + op);
        };
    }

    private static String text(JsonNode operation, String field, String op) throws PatchException {
        JsonNode value = operation.get(field);
        if (value == null || !value.isTextual()) {
            throw unprocessable(op + " operation does not apply: missing value for " + field);
        }
        return value.asText();
    }

    private static JsonNode value(JsonNode operation) {
        JsonNode value = operation.get("value");
        return value == null ? NullNode.instance : value.deepCopy();
    }

    /// What is to be copied; null when an object lacks it.
    private JsonNode copy(JsonNode document, String pointer) throws PatchException {
        List<String> segments = segments(pointer);
        JsonNode found = find(document, segments);
        if (found == null) {
            boolean inObject = !segments.isEmpty()
                    && find(document, segments.subList(0, segments.size() - 1)) instanceof ObjectNode;
            if (!inObject) {
                throw missing("copy", pointer);
            }
            return NullNode.instance;
        }
        copied += Json.bytes(found).length;
        if (copied > MAX_COPIED) {
            throw unprocessable("Unable to complete the copy, the accumulated size increase of copy is " + copied
                    + ", exceeding the limit " + MAX_COPIED);
        }
        return found.deepCopy();
    }

    private static List<String> segments(String pointer) throws PatchException {
        List<String> result = new ArrayList<>();
        if (pointer.isEmpty()) {
            return result;
        }
        int first = pointer.indexOf('/');
        if (first < 0) {
            throw unprocessable("no path: " + pointer);
        }
        for (String part : pointer.substring(first + 1).split("/", -1)) {
            result.add(part.replace("~1", "/").replace("~0", "~"));
        }
        return result;
    }

    private static @Nullable JsonNode find(JsonNode document, List<String> segments) {
        JsonNode node = document;
        for (String segment : segments) {
            if (node instanceof ObjectNode object) {
                node = object.get(segment);
            } else if (node instanceof ArrayNode array) {
                int index = index(segment, array.size());
                node = index < 0 || index >= array.size() ? null : array.get(index);
            } else {
                return null;
            }
            if (node == null) {
                return null;
            }
        }
        return node;
    }

    /// The position a segment names, -1 when it names none.
    private static int index(String segment, int size) {
        try {
            int index = Integer.parseInt(segment);
            return index < 0 ? Math.max(-1, size + index) : index;
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    private static JsonNode required(JsonNode document, String pointer, String op) throws PatchException {
        JsonNode found = find(document, segments(pointer));
        if (found == null) {
            throw missing(op, pointer);
        }
        return found;
    }

    private static JsonNode add(JsonNode document, String pointer, JsonNode value) throws PatchException {
        List<String> segments = segments(pointer);
        if (segments.isEmpty()) {
            throw missing("add", pointer);
        }
        String last = segments.removeLast();
        switch (find(document, segments)) {
            case ObjectNode object -> object.set(last, value);
            case ArrayNode array -> {
                if (last.equals("-")) {
                    array.add(value);
                } else {
                    int index = insertIndex(last, array.size(), pointer);
                    array.insert(index, value);
                }
            }
            case null, default -> throw missing("add", pointer);
        }
        return document;
    }

    private static int insertIndex(String segment, int size, String pointer) throws PatchException {
        int index;
        try {
            index = Integer.parseInt(segment);
        } catch (NumberFormatException e) {
            throw unprocessable(
                    "add operation does not apply: doc is missing path: \"" + pointer + "\": missing value");
        }
        int position = index < 0 ? size + 1 + index : index;
        if (position < 0 || position > size) {
            throw unprocessable("add operation does not apply: doc is missing path: \"" + pointer
                    + "\": Unable to access invalid index: " + index + ": invalid index referenced");
        }
        return position;
    }

    private static JsonNode remove(JsonNode document, String pointer) throws PatchException {
        List<String> segments = segments(pointer);
        if (segments.isEmpty()) {
            throw missing("remove", pointer);
        }
        String last = segments.removeLast();
        switch (find(document, segments)) {
            case ObjectNode object when object.has(last) -> object.remove(last);
            case ArrayNode array
            when index(last, array.size()) >= 0 && index(last, array.size()) < array.size() ->
                array.remove(index(last, array.size()));
            case ObjectNode _ ->
                throw unprocessable("error in remove for path: '" + pointer + "': Unable to remove nonexistent key: "
                        + last + ": missing value");
            case ArrayNode _ ->
                throw unprocessable("error in remove for path: '" + pointer + "': Unable to access invalid index: "
                        + last + ": invalid index referenced");
            case null, default -> throw missing("remove", pointer);
        }
        return document;
    }

    private static JsonNode replace(JsonNode document, String pointer, JsonNode value) throws PatchException {
        List<String> segments = segments(pointer);
        if (segments.isEmpty()) {
            return value;
        }
        String last = segments.removeLast();
        switch (find(document, segments)) {
            case ObjectNode object -> object.set(last, value);
            case ArrayNode array
            when index(last, array.size()) >= 0 && index(last, array.size()) < array.size() ->
                array.set(index(last, array.size()), value);
            case null, default ->
                throw unprocessable(
                        "replace operation does not apply: doc is missing key: " + pointer + ": missing value");
        }
        return document;
    }

    private static JsonNode test(JsonNode document, String pointer, @Nullable JsonNode wanted) throws PatchException {
        JsonNode found = find(document, segments(pointer));
        boolean bothAbsent = (found == null || found.isNull()) && (wanted == null || wanted.isNull());
        if (!bothAbsent && (found == null || wanted == null || !Numbers.sameValue(found, wanted))) {
            throw unprocessable("testing value " + pointer + " failed");
        }
        return document;
    }

    private static PatchException missing(String op, String pointer) {
        return unprocessable(op + " operation does not apply: doc is missing path: \"" + pointer + "\": missing value");
    }

    private static PatchException unprocessable(String message) {
        return new PatchException(Problem.UNPROCESSABLE, message);
    }
}
