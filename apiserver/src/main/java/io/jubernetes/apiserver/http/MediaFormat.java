package io.jubernetes.apiserver.http;

import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.common.codec.Json;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// How the answer shall look, read from `Accept`.
///
/// @param encoding on the wire
/// @param form what is sent instead of the objects themselves
/// @param formVersion the `g`/`v` of the form: `meta.k8s.io/v1`
record MediaFormat(Encoding encoding, Form form, String formVersion, boolean pretty) {
    enum Encoding {
        JSON("application/json"),
        YAML("application/yaml"),
        PROTOBUF("application/vnd.kubernetes.protobuf");

        private final String contentType;

        Encoding(String contentType) {
            this.contentType = contentType;
        }

        String contentType() {
            return contentType;
        }
    }

    enum Form {
        OBJECT,
        TABLE,
        PARTIAL_METADATA,
        PARTIAL_METADATA_LIST
    }

    static final MediaFormat PLAIN = new MediaFormat(Encoding.JSON, Form.OBJECT, "", false);
    private static final List<String> SERVED =
            List.of("application/json", "application/yaml", "application/vnd.kubernetes.protobuf");
    private static final List<String> STREAMED =
            List.of("application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch");

    /// One of the types a client accepts.
    private record Clause(String type, String subtype, Map<String, String> parameters, double quality) {
        boolean covers(Encoding encoding) {
            int slash = encoding.contentType().indexOf('/');
            return type.equals("*") && subtype.equals("*")
                    || type.equals(encoding.contentType().substring(0, slash))
                            && (subtype.equals("*")
                                    || subtype.equals(encoding.contentType().substring(slash + 1)));
        }

        static @Nullable Clause of(String text) {
            String[] parts = text.split(";");
            String[] name = parts[0].strip().split("/", -1);
            if (name.length > 2 || name[0].isEmpty() || name.length == 1 && !name[0].equals("*")) {
                return null;
            }
            Map<String, String> parameters = new LinkedHashMap<>();
            double quality = 1;
            for (int i = 1; i < parts.length; i++) {
                String[] pair = parts[i].strip().split("=", 2);
                String value = pair.length < 2 ? "" : pair[1].strip();
                if (pair[0].equals("q")) {
                    quality = quality(value);
                } else {
                    parameters.put(pair[0].toLowerCase(Locale.ROOT), value);
                }
            }
            return new Clause(name[0], name.length == 1 ? "*" : name[1], parameters, quality);
        }

        private static double quality(String text) {
            try {
                return Double.parseDouble(text);
            } catch (NumberFormatException e) {
                return 1;
            }
        }
    }

    private static final Comparator<Clause> PREFERENCE = Comparator.<Clause>comparingDouble(clause -> -clause.quality())
            .thenComparing(clause -> clause.type().equals("*"))
            .thenComparing(clause -> clause.subtype().equals("*"));

    /// Refuses what the route of a built-in kind cannot serve, before anything else is looked at.
    ///
    /// @param streams whether the route also streams
    /// @throws ApiException 406 when no type is named that the route has
    static void checkRoute(@Nullable String accept, boolean streams) {
        if (accept == null || accept.isBlank()) {
            return;
        }
        for (String clause : accept.split(",")) {
            String type = clause.split(";", 2)[0].strip();
            if (type.equals("*/*") || SERVED.contains(type)) {
                return;
            }
        }
        List<String> available = new ArrayList<>(SERVED);
        if (streams) {
            available.addAll(STREAMED);
        }
        throw noRepresentation(available);
    }

    /// The refusal of a route that has other representations.
    static ApiException noRepresentation(List<String> available) {
        return ApiException.of(
                406,
                "NotAcceptable",
                "406: Not Acceptable\n\nAvailable representations: " + String.join(", ", available),
                Json.object());
    }

    /// Reads an `Accept` header: the type the client prefers of those that can be served.
    ///
    /// @param resource what is asked for; null for documents that are no resource
    /// @param watch a watch streams frames and has no YAML form
    /// @throws ApiException 406 when none of the types can be served
    static MediaFormat of(@Nullable String accept, boolean pretty, boolean watch, @Nullable ApiResource resource) {
        if (accept == null || accept.isBlank()) {
            return new MediaFormat(Encoding.JSON, Form.OBJECT, "", pretty);
        }
        for (Clause clause : clauses(accept)) {
            for (Encoding encoding : Encoding.values()) {
                MediaFormat format = clause.covers(encoding) ? format(clause, encoding, pretty, resource) : null;
                if (format == null) {
                    continue;
                }
                if (watch && encoding == Encoding.YAML) {
                    throw ApiException.notAcceptable(STREAMED);
                }
                return format;
            }
        }
        throw ApiException.notAcceptable(watch ? STREAMED : SERVED);
    }

    private static List<Clause> clauses(String accept) {
        List<Clause> clauses = new ArrayList<>();
        for (String text : accept.split(",")) {
            Clause clause = Clause.of(text);
            if (clause != null) {
                clauses.add(clause);
            }
        }
        clauses.sort(PREFERENCE);
        return clauses;
    }

    private static @Nullable MediaFormat format(
            Clause clause, Encoding encoding, boolean pretty, @Nullable ApiResource resource) {
        String as = clause.parameters().getOrDefault("as", "");
        Form form = switch (as) {
            case "" -> Form.OBJECT;
            case "Table" -> Form.TABLE;
            case "PartialObjectMetadata" -> Form.PARTIAL_METADATA;
            case "PartialObjectMetadataList" -> Form.PARTIAL_METADATA_LIST;
            default -> null;
        };
        if (form == null) {
            return null;
        }
        boolean wantsPretty =
                pretty || clause.parameters().getOrDefault("pretty", "").equals("1");
        if (form == Form.OBJECT) {
            boolean plainOnly = resource != null && resource.isCustom();
            return encoding == Encoding.PROTOBUF && plainOnly ? null : new MediaFormat(encoding, form, "", wantsPretty);
        }
        String version = clause.parameters().getOrDefault("v", "");
        boolean known = clause.parameters().getOrDefault("g", "").equals("meta.k8s.io")
                && (version.equals("v1") || version.equals("v1beta1"));
        return known && !(form == Form.TABLE && encoding == Encoding.PROTOBUF)
                ? new MediaFormat(encoding, form, "meta.k8s.io/" + version, wantsPretty)
                : null;
    }

    /// Whether a client that asks for discovery prefers the document that has it all.
    ///
    /// @throws ApiException 406 when it asks for a version of it that is not served, and for nothing else
    static boolean wantsAggregated(@Nullable String accept) {
        if (accept == null || accept.isBlank()) {
            return false;
        }
        for (Clause clause : clauses(accept)) {
            if (clause.parameters().getOrDefault("as", "").isEmpty()) {
                continue;
            }
            if (clause.covers(Encoding.JSON)
                    && clause.parameters().getOrDefault("g", "").equals("apidiscovery.k8s.io")
                    && clause.parameters().getOrDefault("v", "").equals("v2")
                    && clause.parameters().getOrDefault("as", "").equals("APIGroupDiscoveryList")) {
                return true;
            }
        }
        return false;
    }

    /// How a failure is shown: in the encoding the client prefers, in JSON when there is none.
    static Encoding forFailure(@Nullable String accept) {
        if (accept == null || accept.isBlank()) {
            return Encoding.JSON;
        }
        for (Clause clause : clauses(accept)) {
            for (Encoding encoding : Encoding.values()) {
                if (clause.covers(encoding)
                        && clause.parameters().getOrDefault("as", "").isEmpty()) {
                    return encoding;
                }
            }
        }
        return Encoding.JSON;
    }
}
