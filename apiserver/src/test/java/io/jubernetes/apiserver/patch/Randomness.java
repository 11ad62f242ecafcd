package io.jubernetes.apiserver.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Random;

/// Makes small random JSON trees from a seed; few names and values, so that they meet.
final class Randomness {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final String[] NAMES = {"a", "b", "c/d", "e~f", "", "0"};

    private final Random random;

    Randomness(long seed) {
        random = new Random(seed);
    }

    int below(int bound) {
        return random.nextInt(bound);
    }

    String name() {
        return NAMES[below(NAMES.length)];
    }

    ObjectNode object(int depth) {
        ObjectNode object = NODES.objectNode();
        for (int i = below(4); i > 0; i--) {
            object.set(name(), value(depth - 1));
        }
        return object;
    }

    JsonNode value(int depth) {
        return switch (below(depth > 0 ? 7 : 5)) {
            case 0 -> NODES.numberNode(below(3));
            case 1 -> NODES.textNode("t" + below(3));
            case 2 -> NODES.booleanNode(below(2) == 0);
            case 3 -> NODES.textNode("");
            case 4 -> NODES.numberNode(1.5);
            case 5 -> {
                ArrayNode array = NODES.arrayNode();
                for (int i = below(4); i > 0; i--) {
                    array.add(value(depth - 1));
                }
                yield array;
            }
            default -> object(depth);
        };
    }
}
