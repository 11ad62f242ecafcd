package io.jubernetes.common.cel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// JSON trees as values of expressions, and values as trees. Trees have no types here: a text is a
/// text, whatever its field's format, and fields keep their names.
public final class CelTree {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private CelTree() {}

    /// A tree as expressions see it; parts are made when they are looked at.
    public static Object value(JsonNode tree) {
        return switch (tree.getNodeType()) {
            case NULL, MISSING -> CelNull.NULL;
            case BOOLEAN -> tree.booleanValue();
            case NUMBER -> tree.isIntegralNumber() ? (Object) tree.longValue() : (Object) tree.doubleValue();
            case ARRAY ->
                new SchemaList(tree.size(), index -> value(tree.path(index)), SchemaList.Kind.ATOMIC, List.of());
            case OBJECT, POJO -> {
                Set<String> names = new LinkedHashSet<>();
                tree.fieldNames().forEachRemaining(names::add);
                yield new SchemaMap(names, name -> value(tree.path(name)));
            }
            default -> tree.asText();
        };
    }

    /// A value as JSON.
    ///
    /// @throws CelFailure when JSON has no such values
    public static JsonNode tree(Object value) {
        return switch (value) {
            case CelNull _ -> NODES.nullNode();
            case Boolean truth -> NODES.booleanNode(truth);
            case Long number -> NODES.numberNode(number);
            case CelUint number -> NODES.numberNode(number.toBigInteger());
            case Double number ->
                number == Math.rint(number) && Math.abs(number) < 0x1p53
                        ? NODES.numberNode(number.longValue())
                        : NODES.numberNode(number);
            case String text -> NODES.textNode(text);
            case ByteString bytes -> NODES.textNode(Base64.getEncoder().encodeToString(bytes.toByteArray()));
            case Instant _, Duration _ -> NODES.textNode(CelConversions.toText(value));
            case Optional<?> optional -> optional.isPresent() ? tree(optional.get()) : NODES.nullNode();
            case List<?> list -> {
                ArrayNode array = NODES.arrayNode();
                list.forEach(item -> array.add(tree(item)));
                yield array;
            }
            case Map<?, ?> map -> {
                ObjectNode object = NODES.objectNode();
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    if (!(entry.getKey() instanceof String name)) {
                        throw new CelFailure("unsupported map key type: " + CelValues.typeOf(entry.getKey()));
                    }
                    object.set(name, tree(entry.getValue()));
                }
                yield object;
            }
            default -> throw new CelFailure("unsupported type: " + CelValues.typeOf(value));
        };
    }
}
