package io.jubernetes.scheduler.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.jubernetes.common.component.StartupException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/// Every mistake of a configuration file, each with the field it is in, in the words of the API.
final class Problems {
    private final List<String> found = new ArrayList<>();

    void unknown(String path) {
        found.add("strict decoding error: unknown field \"" + path + "\"");
    }

    void required(String path, String why) {
        found.add(path + ": Required value" + (why.isEmpty() ? "" : ": " + why));
    }

    void invalid(String path, JsonNode value, String why) {
        found.add(path + ": Invalid value: " + value + ": " + why);
    }

    void invalid(String path, String value, String why) {
        invalid(path, TextNode.valueOf(value), why);
    }

    void duplicate(String path, String value) {
        found.add(path + ": Duplicate value: " + TextNode.valueOf(value));
    }

    void forbidden(String path, String why) {
        found.add(path + ": Forbidden: " + why);
    }

    void unsupported(String path, String value, String... supported) {
        found.add(path + ": Unsupported value: " + TextNode.valueOf(value) + ": supported values: "
                + Arrays.stream(supported).map(each -> "\"" + each + "\"").collect(Collectors.joining(", ")));
    }

    /// A mistake in other words.
    void add(String path, String why) {
        found.add(path + ": " + why);
    }

    /// @throws StartupException when there is a mistake; it names them all
    void throwIfAny() throws StartupException {
        if (!found.isEmpty()) {
            throw new StartupException(found.size() == 1 ? found.getFirst() : "[" + String.join(", ", found) + "]");
        }
    }
}
