package io.jubernetes.apiserver.request;

import io.jubernetes.apiserver.validation.NameRules;
import java.util.ArrayList;
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
        private final List<String> tokens = new ArrayList<>();
        private int at;

        Parser(String text) {
            int i = 0;
            while (i < text.length()) {
                char c = text.charAt(i);
                if (Character.isWhitespace(c)) {
                    i++;
                } else if (SPECIAL.indexOf(c) >= 0) {
                    int start = i;
                    while (i < text.length() && "=!<>".indexOf(text.charAt(i)) >= 0) {
                        i++;
                    }
                    if (i == start) {
                        i++;
                    } else if (c == '!' && text.charAt(i - 1) != '=') {
                        i = start + 1;
                    }
                    tokens.add(text.substring(start, i));
                } else {
                    int start = i;
                    while (i < text.length()
                            && SPECIAL.indexOf(text.charAt(i)) < 0
                            && !Character.isWhitespace(text.charAt(i))) {
                        i++;
                    }
                    tokens.add(text.substring(start, i));
                }
            }
        }

        List<Requirement> requirements() {
            List<Requirement> result = new ArrayList<>();
            while (true) {
                result.add(requirement());
                if (at == tokens.size()) {
                    return result;
                }
                String next = tokens.get(at++);
                if (!next.equals(",")) {
                    throw new IllegalArgumentException("found '" + next + "', expected: ',' or 'end of string'");
                }
                if (at == tokens.size()) {
                    throw new IllegalArgumentException("found '', expected: identifier after ','");
                }
            }
        }

        private String peek() {
            return at < tokens.size() ? tokens.get(at) : "";
        }

        private Requirement requirement() {
            boolean absent = peek().equals("!");
            if (absent) {
                at++;
            }
            String key = peek();
            if (key.isEmpty() || SPECIAL.indexOf(key.charAt(0)) >= 0) {
                throw new IllegalArgumentException("found '" + key + "', expected: !, identifier, or 'end of string'");
            }
            at++;
            checkKey(key);
            if (absent) {
                return new Requirement(key, Operator.ABSENT, Set.of());
            }
            String operator = peek();
            if (operator.isEmpty() || operator.equals(",")) {
                return new Requirement(key, Operator.EXISTS, Set.of());
            }
            at++;
            return switch (operator) {
                case "=", "==" -> new Requirement(key, Operator.IN, exact(key));
                case "!=" -> new Requirement(key, Operator.NOT_IN, exact(key));
                case "in" -> new Requirement(key, Operator.IN, set(key));
                case "notin" -> new Requirement(key, Operator.NOT_IN, set(key));
                case ">" -> new Requirement(key, Operator.GREATER, integer());
                case "<" -> new Requirement(key, Operator.LESS, integer());
                default ->
                    throw new IllegalArgumentException(
                            "found '" + operator + "', expected: in, notin, =, ==, !=, gt, lt");
            };
        }

        private static void checkKey(String key) {
            List<String> problems = NameRules.qualifiedName(key);
            if (!problems.isEmpty()) {
                throw new IllegalArgumentException(
                        "key: Invalid value: \"" + key + "\": " + String.join("; ", problems));
            }
        }

        private Set<String> exact(String key) {
            String value = peek();
            if (value.isEmpty() || value.equals(",")) {
                return Set.of("");
            }
            at++;
            return Set.of(checkValue(key, value));
        }

        private static String checkValue(String key, String value) {
            List<String> problems = NameRules.labelValue(value);
            if (!problems.isEmpty()) {
                throw new IllegalArgumentException(
                        "values[0][" + key + "]: Invalid value: \"" + value + "\": " + String.join("; ", problems));
            }
            return value;
        }

        private Set<String> integer() {
            String value = peek();
            at++;
            if (Requirement.number(value).isEmpty()) {
                throw new IllegalArgumentException("values[0]: Invalid value: \"" + value
                        + "\": for 'Gt', 'Lt' operators, the value must be an integer");
            }
            return Set.of(value);
        }

        private Set<String> set(String key) {
            if (!peek().equals("(")) {
                throw new IllegalArgumentException("found '" + peek() + "' expected: '('");
            }
            at++;
            Set<String> values = new TreeSet<>();
            while (true) {
                String value = peek();
                if (value.equals(",") || value.equals(")")) {
                    values.add("");
                } else if (value.isEmpty()) {
                    throw new IllegalArgumentException("found '', expected: ',' or ')'");
                } else {
                    values.add(checkValue(key, value));
                    at++;
                }
                String next = peek();
                at++;
                if (next.equals(")")) {
                    return values;
                }
                if (!next.equals(",")) {
                    throw new IllegalArgumentException("found '" + next + "', expected: ',' or ')'");
                }
            }
        }
    }
}
