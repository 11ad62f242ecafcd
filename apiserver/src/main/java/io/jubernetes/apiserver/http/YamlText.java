package io.jubernetes.apiserver.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.DumperOptions.FlowStyle;
import org.yaml.snakeyaml.DumperOptions.ScalarStyle;
import org.yaml.snakeyaml.emitter.Emitter;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.resolver.Resolver;
import org.yaml.snakeyaml.serializer.Serializer;

/// Writes trees as the YAML the API answers with: keys in order, lists not indented, texts quoted when they would read
/// as something else.
final class YamlText {
    private YamlText() {}

    static byte[] bytes(JsonNode tree) {
        var options = new DumperOptions();
        options.setDefaultFlowStyle(FlowStyle.BLOCK);
        options.setIndent(2);
        options.setWidth(80);
        options.setSplitLines(true);
        var out = new StringWriter();
        var serializer = new Serializer(new Emitter(out, options), new Resolver(), options, null);
        try {
            serializer.open();
            serializer.serialize(node(tree));
            serializer.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static Node node(JsonNode tree) {
        if (tree.isObject()) {
            var sorted = new TreeMap<String, JsonNode>();
            tree.properties().forEach(entry -> sorted.put(entry.getKey(), entry.getValue()));
            List<NodeTuple> entries = new ArrayList<>(sorted.size());
            for (Map.Entry<String, JsonNode> entry : sorted.entrySet()) {
                entries.add(new NodeTuple(text(entry.getKey()), node(entry.getValue())));
            }
            return new MappingNode(Tag.MAP, entries, tree.isEmpty() ? FlowStyle.FLOW : FlowStyle.BLOCK);
        }
        if (tree.isArray()) {
            List<Node> items = new ArrayList<>(tree.size());
            tree.forEach(item -> items.add(node(item)));
            return new SequenceNode(Tag.SEQ, items, tree.isEmpty() ? FlowStyle.FLOW : FlowStyle.BLOCK);
        }
        return switch (tree.getNodeType()) {
            case STRING -> text(tree.asText());
            case BOOLEAN -> plain(Tag.BOOL, tree.asText());
            case NUMBER -> plain(tree.isIntegralNumber() ? Tag.INT : Tag.FLOAT, tree.asText());
            default -> plain(Tag.NULL, "null");
        };
    }

    private static Node plain(Tag tag, String value) {
        return new ScalarNode(tag, value, null, null, ScalarStyle.PLAIN);
    }

    private static Node text(String value) {
        ScalarStyle style = value.indexOf('\n') >= 0
                ? ScalarStyle.LITERAL
                : YamlScalars.needsQuotes(value) ? ScalarStyle.DOUBLE_QUOTED : ScalarStyle.PLAIN;
        return new ScalarNode(Tag.STR, value, null, null, style);
    }
}
