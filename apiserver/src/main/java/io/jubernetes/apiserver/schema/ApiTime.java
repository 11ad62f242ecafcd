package io.jubernetes.apiserver.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.regex.Pattern;

/// Times as the API writes them: UTC, with whole seconds or with six digits of fraction.
public final class ApiTime {
    private static final DateTimeFormatter SECONDS =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter MICROS = DateTimeFormatter.ofPattern(
                    "uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private static final String MICROS_LAYOUT = "2006-01-02T15:04:05.000000Z07:00";
    // Exactly six digits: what is written with fewer or more is not read.
    private static final Pattern MICROS_FRACTION = Pattern.compile("\\.\\d{6}(?!\\d)");

    private ApiTime() {}

    /// The text of a point in time, cut to the second.
    public static String seconds(Instant time) {
        return SECONDS.format(time.truncatedTo(ChronoUnit.SECONDS));
    }

    /// The text of a point in time, cut to the microsecond.
    public static String micros(Instant time) {
        return MICROS.format(time.truncatedTo(ChronoUnit.MICROS));
    }

    static JsonNode seconds(String text) throws DecodeException {
        return text.isEmpty() ? NullNode.instance : TextNode.valueOf(seconds(parse(text, "2006-01-02T15:04:05Z07:00")));
    }

    static JsonNode micros(String text) throws DecodeException {
        if (text.isEmpty()) {
            return NullNode.instance;
        }
        Instant time = parse(text, MICROS_LAYOUT);
        String behindSeconds = text.substring(Math.min(text.length(), "2006-01-02T15:04:05".length()));
        if (!MICROS_FRACTION.matcher(behindSeconds).lookingAt()) {
            throw unparsable(text, MICROS_LAYOUT, behindSeconds, ".000000");
        }
        return TextNode.valueOf(micros(time));
    }

    private static Instant parse(String text, String layout) throws DecodeException {
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeParseException e) {
            throw unparsable(text, layout, text, "2006");
        }
    }

    private static DecodeException unparsable(String text, String layout, String rest, String element) {
        return new DecodeException("parsing time \"" + text + "\" as \"" + layout + "\": cannot parse \"" + rest
                + "\" as \"" + element + "\"");
    }
}
