package io.jubernetes.apiserver.http;

import io.jubernetes.apiserver.openapi.Document;
import io.jubernetes.apiserver.openapi.OpenApiV2;
import io.jubernetes.apiserver.openapi.OpenApiV3;
import io.jubernetes.common.codec.Json;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Answers `/openapi/v2` and `/openapi/v3`. Documents are cached by clients: by their `ETag`, and those of v3
/// by the hash in the address the index gives them.
final class OpenApiHandler {
    private static final DateTimeFormatter HTTP_DATE =
            DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ENGLISH);
    private static final String PROTOBUF = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
    private static final String PROTOBUF_OLD = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

    private final OpenApiV3 v3;
    private final OpenApiV2 v2;
    private final Clock clock;

    OpenApiHandler(OpenApiV3 v3, OpenApiV2 v2, Clock clock) {
        this.v3 = v3;
        this.v2 = v2;
        this.clock = clock;
    }

    /// `/openapi/v3`
    Reply index(Call call) {
        byte[] body = Json.bytes(v3.index());
        return new Reply.Bytes(200, Reply.TEXT, body, Map.of());
    }

    /// A document below `/openapi/v3/`.
    Reply document(Call call, String path) {
        Document document = v3.document(path).orElse(null);
        if (document == null) {
            return new Reply.Bytes(404, "", new byte[0], Map.of());
        }
        String hash = call.query().text("hash");
        if (!hash.isEmpty() && !hash.equals(document.hash())) {
            // The client's index is old: it is sent to what there is now.
            String location = "/openapi/v3/" + path + "?hash=" + document.hash();
            return new Reply.Bytes(301, "", new byte[0], Map.of("Location", location));
        }
        if (!accepts(call.header("Accept"), Reply.JSON)) {
            return new Reply.Bytes(406, "", new byte[0], Map.of());
        }
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("Vary", "Accept");
        if (!hash.isEmpty()) {
            // What this address shows never changes.
            headers.put("Cache-Control", "public, immutable");
            headers.put(
                    "Expires",
                    HTTP_DATE.format(
                            ZonedDateTime.now(clock.withZone(ZoneOffset.UTC)).plusYears(1)));
        }
        return cached(call, Reply.JSON, document, headers);
    }

    /// `/openapi/v2`
    Reply v2(Call call) {
        String accept = call.header("Accept");
        OpenApiV2.Forms forms = v2.forms();
        boolean protobuf = accept != null && (accept.contains(PROTOBUF) || accept.contains(PROTOBUF_OLD));
        if (protobuf) {
            return cached(call, PROTOBUF_OLD, forms.protobuf(), new LinkedHashMap<>(Map.of("Vary", "Accept")));
        }
        if (!accepts(accept, Reply.JSON)) {
            return new Reply.Bytes(406, "", new byte[0], Map.of());
        }
        return cached(call, Reply.JSON, forms.json(), new LinkedHashMap<>(Map.of("Vary", "Accept")));
    }

    private static boolean accepts(@Nullable String accept, String type) {
        if (accept == null || accept.isBlank()) {
            return true;
        }
        for (String clause : accept.split(",")) {
            String name = clause.split(";", 2)[0].strip();
            if (name.equals(type) || name.equals("*/*") || name.equals("application/*")) {
                return true;
            }
        }
        return false;
    }

    private static Reply cached(Call call, String type, Document document, Map<String, String> headers) {
        String etag = "\"" + document.hash() + "\"";
        headers.put("Etag", etag);
        String known = call.header("If-None-Match");
        return known != null && known.contains(etag)
                ? new Reply.Bytes(304, type, new byte[0], headers)
                : new Reply.Bytes(200, type, document.json(), headers);
    }
}
