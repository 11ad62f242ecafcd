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

/// Times as the API writes them: UTC, with whole seconds or with six digits of fraction.
public final class ApiTime {
    private static final DateTimeFormatter SECONDS =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter MICROS = DateTimeFormatter.ofPattern(
                    "uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

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
        return text.isEmpty()
                ? NullNode.instance
                : TextNode.valueOf(micros(parse(text, "2006-01-02T15:04:05.000000Z07:00")));
    }

    private static Instant parse(String text, String layout) throws DecodeException {
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeParseException e) {
            throw new DecodeException(
                    "parsing time \"" + text + "\" as \"" + layout + "\": cannot parse \"" + text + "\" as \"2006\"");
        }
    }
}
