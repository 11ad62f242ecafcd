package io.jubernetes.apiserver.http;

import io.jubernetes.apiserver.resource.ApiException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// How the answer shall look, read from `Accept`.
///
/// @param encoding on the wire
/// @param form what is sent instead of the objects themselves
/// @param formVersion the `g`/`v` of the form: `meta.k8s.io/v1`
record MediaFormat(Encoding encoding, Form form, String formVersion, boolean pretty) {
    enum Encoding {
        JSON("application/json"),
        YAML("application/yaml");

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

    /// Reads an `Accept` header: the first of its types that can be served.
    ///
    /// @param watch a watch streams JSON frames and has no YAML form
    /// @throws ApiException 406 when none of the types can be served
    static MediaFormat of(@Nullable String accept, boolean pretty, boolean watch) {
        if (accept == null || accept.isBlank()) {
            return new MediaFormat(Encoding.JSON, Form.OBJECT, "", pretty);
        }
        for (String clause : accept.split(",")) {
            String[] parts = clause.split(";");
            Encoding encoding = switch (parts[0].strip().toLowerCase(Locale.ROOT)) {
                case "*/*", "application/*", "application/json" -> Encoding.JSON;
                case "application/yaml" -> watch ? null : Encoding.YAML;
                default -> null;
            };
            if (encoding == null) {
                continue;
            }
            Form form = Form.OBJECT;
            boolean understood = true;
            String version = "";
            String group = "";
            for (int i = 1; i < parts.length; i++) {
                String[] pair = parts[i].strip().split("=", 2);
                String value = pair.length < 2 ? "" : pair[1];
                switch (pair[0]) {
                    case "as" -> {
                        switch (value) {
                            case "Table" -> form = Form.TABLE;
                            case "PartialObjectMetadata" -> form = Form.PARTIAL_METADATA;
                            case "PartialObjectMetadataList" -> form = Form.PARTIAL_METADATA_LIST;
                            default -> understood = false;
                        }
                    }
                    case "v" -> version = value;
                    case "g" -> group = value;
                    default -> {}
                }
            }
            if (form != Form.OBJECT) {
                understood &= group.equals("meta.k8s.io") && (version.equals("v1") || version.equals("v1beta1"));
            }
            if (understood) {
                return new MediaFormat(encoding, form, form == Form.OBJECT ? "" : group + "/" + version, pretty);
            }
        }
        throw ApiException.notAcceptable(SERVED);
    }
}
