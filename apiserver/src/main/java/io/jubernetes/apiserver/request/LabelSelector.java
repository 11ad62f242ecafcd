package io.jubernetes.apiserver.request;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.common.meta.NameRules;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// A label selector as query parameters write it: `a=b,c!=d,e in (f,g),h notin (i),j,!k,l>1`. Immutable.
public final class LabelSelector {
    /// Selects everything.
    public static final LabelSelector ALL = new LabelSelector(List.of());

    private enum Operator {
        IN,
        NOT_IN,
        EXISTS,
        ABSENT,
        GREATER,
        LESS
    }

    private record Requirement(String key, Operator operator, Set<String> values) {
        boolean matches(Map<String, String> labels) {
            String value = labels.get(key);
            return switch (operator) {
                case IN -> value != null && values.contains(value);
                case NOT_IN -> value == null || !values.contains(value);
                case EXISTS -> value != null;
                case ABSENT -> value == null;
                case GREATER ->
                    number(value).isPresent()
                            && number(value).get()
                                    > number(values.iterator().next()).orElse(0L);
                case LESS ->
                    number(value).isPresent()
                            && number(value).get()
                                    < number(values.iterator().next()).orElse(0L);
            };
        }

        private static Optional<Long> number(@org.jspecify.annotations.Nullable String text) {
            try {
                return text == null ? Optional.empty() : Optional.of(Long.parseLong(text));
            } catch (NumberFormatException e) {
                return Optional.empty();
            }
        }
    }

    private final List<Requirement> requirements;

    private LabelSelector(List<Requirement> requirements) {
        this.requirements = List.copyOf(requirements);
    }

    /// Reads a selector.
    ///
    /// @throws IllegalArgumentException when it is not well-formed; the message says what was found where
    public static LabelSelector parse(String text) {
        return text.isBlank() ? ALL : new LabelSelector(new Parser(text).requirements());
    }

    /// Reads a selector as objects have it, by `matchLabels` and `matchExpressions`. One that is
    /// absent selects everything.
    public static LabelSelector of(JsonNode selector) {
        List<Requirement> requirements = new ArrayList<>();
        selector.path("matchLabels")
                .properties()
                .forEach(label -> requirements.add(new Requirement(
                        label.getKey(), Operator.IN, Set.of(label.getValue().asText()))));
        for (JsonNode expression : selector.path("matchExpressions")) {
            Set<String> values = new HashSet<>();
            expression.path("values").forEach(value -> values.add(value.asText()));
            Operator operator = switch (expression.path("operator").asText("")) {
                case "In" -> Operator.IN;
                case "NotIn" -> Operator.NOT_IN;
                case "Exists" -> Operator.EXISTS;
                default -> Operator.ABSENT;
            };
            requirements.add(new Requirement(expression.path("key").asText(""), operator, Set.copyOf(values)));
        }
        return new LabelSelector(requirements);
    }

    public boolean isEmpty() {
        return requirements.isEmpty();
    }

    public boolean matches(Map<String, String> labels) {
        for (Requirement requirement : requirements) {
            if (!requirement.matches(labels)) {
                return false;
            }
        }
        return true;
    }

    /// A hand-written recursive descent; the grammar is small.
    private static final class Parser {
        private static final String SPECIAL = "=!,()<>";
        private static final Set<String> SYMBOLS = Set.of("=", "==", "!=", "!", ",", "(", ")", "<", ">");
        private static final String END = "";

        /// Symbols and identifiers; the empty text ends them.
        private final List<String> tokens = new ArrayList<>();

        private int at;

        Parser(String text) {
            int i = 0;
            while (i < text.length()) {
                char c = text.charAt(i);
                if (isSpace(c)) {
                    i++;
                    continue;
                }
                int start = i;
                if (SPECIAL.indexOf(c) >= 0) {
                    i++;
                    while (i < text.length() && SYMBOLS.contains(text.substring(start, i + 1))) {
                        i++;
                    }
                } else {
                    while (i < text.length() && SPECIAL.indexOf(text.charAt(i)) < 0 && !isSpace(text.charAt(i))) {
                        i++;
                    }
                }
                tokens.add(text.substring(start, i));
            }
            tokens.add(END);
        }

        private static boolean isSpace(char c) {
            return c == ' ' || c == '\t' || c == '\r' || c == '\n';
        }

        private String peek() {
            return tokens.get(Math.min(at, tokens.size() - 1));
        }

        private String next() {
            String token = peek();
            at++;
            return token;
        }

        private static boolean isIdentifier(String token) {
            return !token.isEmpty() && SPECIAL.indexOf(token.charAt(0)) < 0;
        }

        List<Requirement> requirements() {
            List<Requirement> result = new ArrayList<>();
            while (!peek().equals(END)) {
                if (!isIdentifier(peek()) && !peek().equals("!")) {
                    throw problem("found '" + peek() + "', expected: !, identifier, or 'end of string'");
                }
                result.add(requirement());
                String separator = next();
                if (separator.equals(END)) {
                    break;
                }
                if (!separator.equals(",")) {
                    throw problem("found '" + separator + "', expected: ',' or 'end of string'");
                }
                if (!isIdentifier(peek()) && !peek().equals("!")) {
                    throw problem("found '" + peek() + "', expected: identifier after ','");
                }
            }
            return result;
        }

        private static IllegalArgumentException problem(String text) {
            return new IllegalArgumentException(text);
        }

        private static IllegalArgumentException inRequirement(String text) {
            return problem("unable to parse requirement: " + text);
        }

        private Requirement requirement() {
            boolean absent = peek().equals("!");
            if (absent) {
                next();
            }
            String key = next();
            if (!isIdentifier(key)) {
                throw inRequirement("found '" + key + "', expected: identifier");
            }
            List<String> problems = NameRules.qualifiedName(key);
            if (!problems.isEmpty()) {
                throw inRequirement("<nil>: Invalid value: \"" + key + "\": " + String.join("; ", problems));
            }
            if (absent) {
                return new Requirement(key, Operator.ABSENT, Set.of());
            }
            if (peek().equals(END) || peek().equals(",")) {
                return new Requirement(key, Operator.EXISTS, Set.of());
            }
            String operator = next();
            return switch (operator) {
                case "=", "==" -> checked(key, Operator.IN, exact());
                case "!=" -> checked(key, Operator.NOT_IN, exact());
                case "in" -> checked(key, Operator.IN, set());
                case "notin" -> checked(key, Operator.NOT_IN, set());
                case ">" -> integer(checked(key, Operator.GREATER, exact()));
                case "<" -> integer(checked(key, Operator.LESS, exact()));
                default -> throw inRequirement("found '" + operator + "', expected: in, notin, =, ==, !=, gt, lt");
            };
        }

        private static Requirement checked(String key, Operator operator, Set<String> values) {
            int index = 0;
            for (String value : values) {
                List<String> problems = NameRules.labelValue(value);
                if (!problems.isEmpty()) {
                    throw inRequirement("values[" + index + "][" + key + "]: Invalid value: \"" + value + "\": "
                            + String.join("; ", problems));
                }
                index++;
            }
            return new Requirement(key, operator, values);
        }

        private static Requirement integer(Requirement requirement) {
            String value = requirement.values().iterator().next();
            if (Requirement.number(value).isEmpty()) {
                throw inRequirement("values[0]: Invalid value: \"" + value
                        + "\": for 'Gt', 'Lt' operators, the value must be an integer");
            }
            return requirement;
        }

        private Set<String> exact() {
            if (peek().equals(END) || peek().equals(",")) {
                return Set.of("");
            }
            String value = next();
            if (!isIdentifier(value)) {
                throw inRequirement("found '" + value + "', expected: identifier");
            }
            return Set.of(value);
        }

        private Set<String> set() {
            String open = next();
            if (!open.equals("(")) {
                throw inRequirement("found '" + open + "' expected: '('");
            }
            String first = peek();
            if (first.equals(")")) {
                next();
                return Set.of("");
            }
            if (!isIdentifier(first) && !first.equals(",")) {
                throw inRequirement("found '" + first + "', expected: ',', ')' or identifier");
            }
            Set<String> values = members();
            if (!next().equals(")")) {
                throw inRequirement("found '" + first + "', expected: ')'");
            }
            return values;
        }

        private Set<String> members() {
            Set<String> values = new TreeSet<>();
            while (true) {
                String token = next();
                if (isIdentifier(token)) {
                    values.add(token);
                    if (peek().equals(")")) {
                        return values;
                    }
                    if (!peek().equals(",")) {
                        throw inRequirement("found '" + peek() + "', expected: ',' or ')'");
                    }
                } else if (token.equals(",")) {
                    if (values.isEmpty()) {
                        values.add("");
                    }
                    if (peek().equals(")")) {
                        values.add("");
                        return values;
                    }
                    if (peek().equals(",")) {
                        next();
                        values.add("");
                    }
                } else {
                    throw inRequirement("found '" + token + "', expected: ',', or identifier");
                }
            }
        }
    }
}
