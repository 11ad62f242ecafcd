package io.jubernetes.apiserver.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.common.codec.Json;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/// The first document of a YAML body as a JSON tree, read as the API reads YAML: version 1.1 with its many booleans,
/// aliases, merge keys, and keys that stand twice (the last one counts, and each is reported). Bounded: aliases cannot
/// blow a small body up.
final class YamlBody {
    private static final int MAX_NODES = 1_000_000;
    private static final int MAX_DEPTH = 1000;

    private final List<String> duplicates = new ArrayList<>();
    private final Set<Node> reported = Collections.newSetFromMap(new IdentityHashMap<>());
    private int nodes;
    private int depth;

    private YamlBody() {}

    /// @param tree null for an empty document
    /// @param duplicates such as `line 4: key "a" already set in map`
    record Parsed(@Nullable JsonNode tree, List<String> duplicates) {}

    /// @throws IOException when it is not YAML
    static Parsed read(byte[] body) throws IOException {
        var options = new LoaderOptions();
        options.setCodePointLimit(16 << 20);
        options.setNestingDepthLimit(MAX_DEPTH);
        var reader = new YamlBody();
        try {
            Node root = null;
            for (Node document : new Yaml(new SafeConstructor(options))
                    .composeAll(new StringReader(new String(body, StandardCharsets.UTF_8)))) {
                root = document;
                break;
            }
            return new Parsed(root == null ? null : reader.tree(root), reader.duplicates);
        } catch (MarkedYAMLException e) {
            int line = e.getProblemMark() == null ? 0 : e.getProblemMark().getLine() + 1;
            throw new IOException("error converting YAML to JSON: yaml: line " + line + ": " + e.getProblem(), e);
        } catch (YAMLException e) {
            throw new IOException("error converting YAML to JSON: yaml: " + e.getMessage(), e);
        }
    }

    private JsonNode tree(Node node) throws IOException {
        if (++nodes > MAX_NODES) {
            throw new IOException("error converting YAML to JSON: yaml: document contains excessive aliasing");
        }
        if (++depth > MAX_DEPTH) {
            throw new IOException("error converting YAML to JSON: yaml: exceeded max depth of " + MAX_DEPTH);
        }
        try {
            return switch (node) {
                case ScalarNode scalar -> YamlScalars.value(scalar.getValue(), scalar.isPlain());
                case SequenceNode sequence -> {
                    ArrayNode list = Json.MAPPER.createArrayNode();
                    for (Node item : sequence.getValue()) {
                        list.add(tree(item));
                    }
                    yield list;
                }
                case MappingNode mapping -> mapping(mapping);
                default -> NullNode.instance;
            };
        } finally {
            depth--;
        }
    }

    private ObjectNode mapping(MappingNode mapping) throws IOException {
        ObjectNode object = Json.object();
        ObjectNode merged = Json.object();
        boolean report = reported.add(mapping);
        for (NodeTuple entry : mapping.getValue()) {
            if (entry.getKeyNode() instanceof ScalarNode key
                    && key.isPlain()
                    && key.getValue().equals("<<")) {
                merge(merged, tree(entry.getValueNode()));
                continue;
            }
            String name = key(entry.getKeyNode());
            if (object.has(name) && report) {
                int line = entry.getKeyNode().getStartMark().getLine() + 1;
                duplicates.add("line " + line + ": key " + Json.text(name) + " already set in map");
            }
            object.set(name, tree(entry.getValueNode()));
        }
        for (Map.Entry<String, JsonNode> entry : merged.properties()) {
            if (!object.has(entry.getKey())) {
                object.set(entry.getKey(), entry.getValue());
            }
        }
        return object;
    }

    private static void merge(ObjectNode into, JsonNode value) throws IOException {
        if (value instanceof ObjectNode fields) {
            for (Map.Entry<String, JsonNode> entry : fields.properties()) {
                if (!into.has(entry.getKey())) {
                    into.set(entry.getKey(), entry.getValue());
                }
            }
        } else if (value.isArray()) {
            for (JsonNode item : value) {
                merge(into, item);
            }
        } else {
            throw new IOException(
                    "error converting YAML to JSON: yaml: map merge requires map or sequence of maps as the"
                            + " value");
        }
    }

    private String key(Node key) throws IOException {
        JsonNode value = tree(key);
        if (value.isContainerNode()) {
            throw new IOException("error converting YAML to JSON: yaml: invalid map key");
        }
        return value.isNull() ? "null" : value.asText();
    }
}
