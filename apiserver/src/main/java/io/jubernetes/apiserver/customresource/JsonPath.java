package io.jubernetes.apiserver.customresource;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.common.codec.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The JSON paths of printer columns: `.spec.size`, `.list[0].name`,
/// `.conditions[?(@.type=="Ready")].status`. Immutable.
final class JsonPath {
    /// One step from a value to those it leads to.
    private sealed interface Step {
        record Field(String name) implements Step {}

        /// @param from inclusive; negative ones count from the end
        /// @param to exclusive
        record Range(int from, int to) implements Step {}

        record All() implements Step {}

        record Deep(String name) implements Step {}

        record Filter(JsonPath left, String operator, JsonNode right, boolean exists) implements Step {}
    }

    private final List<Step> steps;

    private JsonPath(List<Step> steps) {
        this.steps = List.copyOf(steps);
    }

    /// Reads a path; empty when it is not well-formed.
    static Optional<JsonPath> parse(String text) {
        try {
            return Optional.of(new JsonPath(new Reader(text).steps()));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /// The values the path leads to.
    List<JsonNode> find(JsonNode root) {
        List<JsonNode> values = List.of(root);
        for (Step step : steps) {
            List<JsonNode> next = new ArrayList<>();
            values.forEach(value -> follow(step, value, next));
            values = next;
        }
        return values;
    }

    private static void follow(Step step, JsonNode value, List<JsonNode> found) {
        switch (step) {
            case Step.Field(var name) -> {
                if (value.has(name)) {
                    found.add(value.get(name));
                }
            }
            case Step.Range(var from, var to) -> {
                int size = value.isArray() ? value.size() : 0;
                int first = from < 0 ? from + size : from;
                int end = to == Integer.MAX_VALUE ? size : to <= 0 && from < 0 ? to + size : to < 0 ? to + size : to;
                for (int i = Math.max(0, first); i < Math.min(end, size); i++) {
                    found.add(value.get(i));
                }
            }
            case Step.All _ -> value.forEach(found::add);
            case Step.Deep(var name) -> found.addAll(value.findValues(name));
            case Step.Filter filter -> {
                for (JsonNode item : value) {
                    if (matches(filter, item)) {
                        found.add(item);
                    }
                }
            }
        }
    }

    private static boolean matches(Step.Filter filter, JsonNode item) {
        List<JsonNode> left = filter.left().find(item);
        if (filter.exists()) {
            return !left.isEmpty();
        }
        if (left.isEmpty()) {
            return false;
        }
        JsonNode value = left.getFirst();
        JsonNode right = filter.right();
        int order;
        if (value.isNumber() && right.isNumber()) {
            order = value.decimalValue().compareTo(right.decimalValue());
        } else {
            order = value.asText().compareTo(right.asText());
        }
        return switch (filter.operator()) {
            case "==" -> order == 0;
            case "!=" -> order != 0;
            case "<" -> order < 0;
            case "<=" -> order <= 0;
            case ">" -> order > 0;
            default -> order >= 0;
        };
    }

    private static final class Reader {
        private final String text;
        private int at;

        Reader(String text) {
            this.text = text;
        }

        List<Step> steps() {
            List<Step> steps = new ArrayList<>();
            while (at < text.length()) {
                char c = text.charAt(at);
                if (c == '.') {
                    at++;
                    boolean deep = at < text.length() && text.charAt(at) == '.';
                    if (deep) {
                        at++;
                    }
                    if (at == text.length() || text.charAt(at) == '[') {
                        continue;
                    }
                    String name = name();
                    steps.add(deep ? new Step.Deep(name) : name.equals("*") ? new Step.All() : new Step.Field(name));
                } else if (c == '[') {
                    steps.add(bracket());
                } else {
                    steps.add(new Step.Field(name()));
                }
            }
            return steps;
        }

        private String name() {
            var name = new StringBuilder();
            while (at < text.length() && ".[]".indexOf(text.charAt(at)) < 0) {
                if (text.charAt(at) == '\\' && at + 1 < text.length()) {
                    at++;
                }
                name.append(text.charAt(at++));
            }
            if (name.isEmpty()) {
                throw new IllegalArgumentException("empty name");
            }
            return name.toString();
        }

        private Step bracket() {
            int end = end();
            String inside = text.substring(at + 1, end).strip();
            at = end + 1;
            if (inside.equals("*")) {
                return new Step.All();
            }
            if (inside.startsWith("?(") && inside.endsWith(")")) {
                return filter(inside.substring(2, inside.length() - 1).strip());
            }
            if (inside.length() > 1 && (inside.startsWith("'") || inside.startsWith("\""))) {
                return new Step.Field(inside.substring(1, inside.length() - 1));
            }
            int colon = inside.indexOf(':');
            if (colon < 0) {
                int index = Integer.parseInt(inside);
                return new Step.Range(index, index == -1 ? Integer.MAX_VALUE : index + 1);
            }
            String from = inside.substring(0, colon).strip();
            String to = inside.substring(colon + 1).strip();
            return new Step.Range(
                    from.isEmpty() ? 0 : Integer.parseInt(from),
                    to.isEmpty() ? Integer.MAX_VALUE : Integer.parseInt(to));
        }

        /// Where the bracket that opens here closes; brackets in quotes do not count.
        private int end() {
            int depth = 0;
            char quote = 0;
            for (int i = at; i < text.length(); i++) {
                char c = text.charAt(i);
                if (quote != 0) {
                    quote = c == quote ? 0 : quote;
                } else if (c == '\'' || c == '"') {
                    quote = c;
                } else if (c == '[') {
                    depth++;
                } else if (c == ']' && --depth == 0) {
                    return i;
                }
            }
            throw new IllegalArgumentException("unterminated array");
        }

        private static Step filter(String condition) {
            for (String operator : List.of("==", "!=", "<=", ">=", "<", ">")) {
                int at = condition.indexOf(operator);
                if (at > 0) {
                    JsonPath left = relative(condition.substring(0, at).strip());
                    return new Step.Filter(
                            left,
                            operator,
                            literal(condition.substring(at + operator.length()).strip()),
                            false);
                }
            }
            return new Step.Filter(relative(condition), "", Json.object(), true);
        }

        private static JsonPath relative(String path) {
            if (!path.startsWith("@")) {
                throw new IllegalArgumentException("a filter starts with @");
            }
            return new JsonPath(new Reader(path.substring(1)).steps());
        }

        private static JsonNode literal(String text) {
            if (text.length() > 1 && (text.startsWith("'") || text.startsWith("\""))) {
                return Json.MAPPER.getNodeFactory().textNode(text.substring(1, text.length() - 1));
            }
            try {
                return Json.parse(text);
            } catch (java.io.UncheckedIOException e) {
                throw new IllegalArgumentException("not a value: " + text, e);
            }
        }
    }
}
