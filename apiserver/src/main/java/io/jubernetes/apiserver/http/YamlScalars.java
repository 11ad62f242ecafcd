package io.jubernetes.apiserver.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import java.math.BigInteger;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/// What plain YAML scalars mean to the API: YAML 1.1 as its encoder and decoder know it.
final class YamlScalars {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final Set<String> TRUE =
            Set.of("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON");
    private static final Set<String> FALSE =
            Set.of("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF");
    private static final Set<String> NULL = Set.of("", "~", "null", "Null", "NULL");
    private static final Set<String> OTHER_FLOATS = Set.of(
            ".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF");
    private static final Pattern INTEGER =
            Pattern.compile("[-+]?(0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO]?[0-7_]+|[1-9][0-9_]*|0)");
    private static final Pattern FLOAT =
            Pattern.compile("[-+]?(\\.[0-9_]+|[0-9][0-9_]*(\\.[0-9_]*)?)([eE][-+]?[0-9]+)?");
    private static final Pattern TIMESTAMP = Pattern.compile(
            "[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ]+[0-9]{1,2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?\\s*(Z|[-+][0-9]{1,2}(:[0-9]{2})?)?)?");
    private static final Pattern BASE_60 = Pattern.compile("[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\\.[0-9_]*)?");

    private YamlScalars() {}

    /// The value of a scalar.
    ///
    /// @param plain whether it stands without quotes
    static JsonNode value(String text, boolean plain) {
        if (!plain) {
            return NODES.textNode(text);
        }
        if (NULL.contains(text)) {
            return NullNode.instance;
        }
        if (TRUE.contains(text) || FALSE.contains(text)) {
            return NODES.booleanNode(TRUE.contains(text));
        }
        if (INTEGER.matcher(text).matches()) {
            return integer(text.replace("_", ""));
        }
        if (FLOAT.matcher(text).matches()) {
            return NODES.numberNode(Double.parseDouble(text.replace("_", "")));
        }
        return NODES.textNode(text);
    }

    private static JsonNode integer(String text) {
        boolean negative = text.startsWith("-");
        String digits = negative || text.startsWith("+") ? text.substring(1) : text;
        String lower = digits.toLowerCase(Locale.ROOT);
        int radix = lower.startsWith("0x")
                ? 16
                : lower.startsWith("0b") ? 2 : lower.startsWith("0") && lower.length() > 1 ? 8 : 10;
        String bare = radix == 16 || radix == 2 || lower.startsWith("0o") ? lower.substring(2) : lower;
        if (bare.isEmpty()) {
            return NODES.textNode(text);
        }
        BigInteger number = new BigInteger(bare, radix);
        BigInteger signed = negative ? number.negate() : number;
        return signed.bitLength() < 64 ? NODES.numberNode(signed.longValueExact()) : NODES.numberNode(signed);
    }

    /// Whether a text has to stand in quotes to stay one.
    static boolean needsQuotes(String text) {
        return !value(text, true).isTextual()
                || text.equals("<<")
                || OTHER_FLOATS.contains(text)
                || TIMESTAMP.matcher(text).matches()
                || BASE_60.matcher(text).matches();
    }
}
