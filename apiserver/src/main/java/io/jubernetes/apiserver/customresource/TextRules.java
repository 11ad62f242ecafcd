package io.jubernetes.apiserver.customresource;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.re2j.Pattern;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import java.util.List;

/// The keywords for texts.
final class TextRules {
    private TextRules() {}

    static void check(Structural schema, String text, String path, List<Cause> causes) {
        int length = text.codePointCount(0, text.length());
        JsonNode most = schema.limit("maxLength");
        if (most != null && length > most.asLong()) {
            causes.add(Cause.tooLong(path, (int) Math.min(most.asLong(), Integer.MAX_VALUE)));
        }
        JsonNode least = schema.limit("minLength");
        if (least != null && length < least.asLong()) {
            causes.add(Cause.invalid(
                    path,
                    text,
                    SchemaValidation.place(path) + " should be at least " + least.asLong() + " chars long"));
        }
        Pattern pattern = schema.pattern();
        if (pattern != null && !pattern.matcher(text).find()) {
            causes.add(Cause.invalid(
                    path, text, SchemaValidation.place(path) + " should match '" + pattern.pattern() + "'"));
        }
        String format = Formats.canonical(schema.format());
        if (!format.isEmpty() && Formats.isKnown(format) && !Formats.matches(format, text)) {
            causes.add(SchemaValidation.typeInvalid(
                    path,
                    text,
                    SchemaValidation.place(path) + " must be of type " + schema.format() + ": "
                            + io.jubernetes.common.codec.Json.text(text)));
        }
    }
}
