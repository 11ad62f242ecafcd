package io.jubernetes.common.meta;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// The forms of names and labels: RFC 1123 and RFC 1035 names, label keys and values. Each check returns what is
/// wrong with a text, empty when it is well-formed.
public final class NameRules {
    private static final String LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
    private static final String LABEL_1035 = "[a-z]([-a-z0-9]*[a-z0-9])?";
    private static final String SUBDOMAIN = LABEL + "(\\." + LABEL + ")*";
    private static final String QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
    private static final String LABEL_VALUE = "(" + QUALIFIED + ")?";
    private static final Pattern LABEL_PATTERN = Pattern.compile(LABEL);
    private static final Pattern LABEL_1035_PATTERN = Pattern.compile(LABEL_1035);
    // Possessive, so that a long wrong name cannot make the matcher backtrack without end.
    private static final Pattern SUBDOMAIN_PATTERN =
            Pattern.compile("[a-z0-9](?:[-a-z0-9]*[a-z0-9])?+(?:\\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?+)*+");
    private static final Pattern QUALIFIED_PATTERN = Pattern.compile(QUALIFIED);
    private static final String CONFIG_KEY = "[-._a-zA-Z0-9]+";
    private static final Pattern CONFIG_KEY_PATTERN = Pattern.compile(CONFIG_KEY);
    private static final Pattern LABEL_VALUE_PATTERN = Pattern.compile(LABEL_VALUE);

    private NameRules() {}

    /// A lower-case DNS subdomain, at most 253 characters.
    public static List<String> subdomain(String text) {
        List<String> problems = new ArrayList<>();
        if (text.length() > 253) {
            problems.add(maxLength(253, "characters"));
        }
        if (!SUBDOMAIN_PATTERN.matcher(text).matches()) {
            problems.add(pattern(
                    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
                            + "and must start and end with an alphanumeric character",
                    SUBDOMAIN,
                    "example.com"));
        }
        return problems;
    }

    /// A lower-case DNS label as of RFC 1123, at most 63 characters.
    public static List<String> label(String text) {
        List<String> problems = new ArrayList<>();
        if (text.length() > 63) {
            problems.add(maxLength(63, "characters"));
        }
        if (!LABEL_PATTERN.matcher(text).matches()) {
            problems.add(
                    SUBDOMAIN_PATTERN.matcher(text).matches()
                            ? "must not contain dots"
                            : pattern(
                                    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or "
                                            + "'-', and must start and end with an alphanumeric character",
                                    LABEL,
                                    "my-name",
                                    "123-abc"));
        }
        return problems;
    }

    /// A lower-case DNS label as of RFC 1035, at most 63 characters.
    public static List<String> label1035(String text) {
        List<String> problems = new ArrayList<>();
        if (text.length() > 63) {
            problems.add(maxLength(63, "characters"));
        }
        if (!LABEL_1035_PATTERN.matcher(text).matches()) {
            problems.add(pattern(
                    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
                            + "alphabetic character, and end with an alphanumeric character",
                    LABEL_1035,
                    "my-name",
                    "abc-123"));
        }
        return problems;
    }

    /// A label or annotation key: an optional DNS prefix and a name.
    public static List<String> qualifiedName(String text) {
        List<String> problems = new ArrayList<>();
        String[] parts = text.split("/", -1);
        String name;
        if (parts.length == 1) {
            name = parts[0];
        } else if (parts.length == 2) {
            name = parts[1];
            if (parts[0].isEmpty()) {
                problems.add("prefix part must be non-empty");
            } else {
                // Lengths of keys are told in bytes.
                subdomain(parts[0])
                        .forEach(problem ->
                                problems.add("prefix part " + problem.replace("253 characters", "253 bytes")));
            }
        } else {
            problems.add("a valid label key "
                    + characters("consist of alphanumeric characters, '-', '_' or '.', and must "
                            + "start and end with an alphanumeric character")
                    + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')");
            return problems;
        }
        if (name.isEmpty()) {
            problems.add("name part must be non-empty");
        } else if (name.length() > 63) {
            problems.add("name part " + maxLength(63, "bytes"));
        }
        if (!QUALIFIED_PATTERN.matcher(name).matches()) {
            problems.add("name part "
                    + characters("consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
                            + "alphanumeric character"));
        }
        return problems;
    }

    private static String characters(String what) {
        return pattern("must " + what, QUALIFIED, "MyName", "my.name", "123-abc");
    }

    /// A label's value.
    public static List<String> labelValue(String text) {
        List<String> problems = new ArrayList<>();
        if (text.length() > 63) {
            problems.add(maxLength(63, "bytes"));
        }
        if (!LABEL_VALUE_PATTERN.matcher(text).matches()) {
            problems.add(pattern(
                    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and "
                            + "must start and end with an alphanumeric character",
                    LABEL_VALUE,
                    "MyValue",
                    "my_value",
                    "12345"));
        }
        return problems;
    }

    /// Anything that can stand as one part of a URL path.
    public static List<String> pathSegment(String text) {
        if (text.equals(".") || text.equals("..")) {
            return List.of("may not be '" + text + "'");
        }
        List<String> problems = new ArrayList<>();
        for (String forbidden : List.of("/", "%")) {
            if (text.contains(forbidden)) {
                problems.add("may not contain '" + forbidden + "'");
            }
        }
        return problems;
    }

    /// A key of the data of a ConfigMap or Secret.
    public static List<String> configKey(String text) {
        List<String> problems = new ArrayList<>();
        if (text.length() > 253) {
            problems.add(maxLength(253, "characters"));
        }
        if (!CONFIG_KEY_PATTERN.matcher(text).matches()) {
            problems.add(pattern(
                    "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
                    CONFIG_KEY,
                    "key.name",
                    "KEY_NAME",
                    "key-name"));
        }
        if (text.equals(".") || text.equals("..")) {
            problems.add("must not be '" + text + "'");
        } else if (text.startsWith("..")) {
            problems.add("must not start with '..'");
        }
        return problems;
    }

    /// A DNS subdomain below any one label: `*.example.com`.
    public static List<String> wildcardSubdomain(String text) {
        List<String> problems = new ArrayList<>();
        if (text.length() > 253) {
            problems.add(maxLength(253, "characters"));
        }
        if (!text.startsWith("*.")
                || !SUBDOMAIN_PATTERN.matcher(text.substring(2)).matches()) {
            problems.add(pattern(
                    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must "
                            + "consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric "
                            + "character",
                    "\\*\\." + SUBDOMAIN,
                    "*.example.com"));
        }
        return problems;
    }

    /// The words for a text over its length.
    ///
    /// @param unit `bytes` or `characters`; the API uses both
    public static String maxLength(int length, String unit) {
        return "must be no more than " + length + " " + unit;
    }

    /// The words for a text that does not match a pattern.
    public static String pattern(String what, String pattern, String... examples) {
        var text = new StringBuilder(what).append(" (e.g. ");
        for (int i = 0; i < examples.length; i++) {
            text.append(i == 0 ? "" : " or ").append('\'').append(examples[i]).append("', ");
        }
        return text.append("regex used for validation is '")
                .append(pattern)
                .append("')")
                .toString();
    }
}
