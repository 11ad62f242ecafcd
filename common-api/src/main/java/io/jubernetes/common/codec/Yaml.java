package io.jubernetes.common.codec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.yaml.snakeyaml.LoaderOptions;

/// YAML in and out, by way of JSON trees. Bounded against alias bombs and huge documents. Thread-safe.
public final class Yaml {
    private static final ObjectMapper MAPPER = mapper();

    private Yaml() {}

    private static ObjectMapper mapper() {
        var limits = new LoaderOptions();
        limits.setCodePointLimit(16 << 20);
        limits.setMaxAliasesForCollections(50);
        limits.setNestingDepthLimit(200);
        limits.setAllowDuplicateKeys(true);
        return new ObjectMapper(YAMLFactory.builder()
                .loaderOptions(limits)
                .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                .disable(YAMLGenerator.Feature.SPLIT_LINES)
                .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
                .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
                .build());
    }

    /// Reads the first document.
    ///
    /// @throws IOException when it is not YAML; the message says where
    public static JsonNode read(byte[] yaml) throws IOException {
        return MAPPER.readTree(yaml);
    }

    /// Reads every document of a stream that holds something.
    public static List<JsonNode> readAll(String yaml) throws IOException {
        try (MappingIterator<JsonNode> documents =
                MAPPER.readerFor(JsonNode.class).readValues(yaml)) {
            var result = new ArrayList<JsonNode>();
            while (documents.hasNextValue()) {
                JsonNode document = documents.nextValue();
                if (document != null && !document.isNull() && !document.isMissingNode()) {
                    result.add(document);
                }
            }
            return result;
        }
    }

    public static String text(Object value) {
        try {
            return MAPPER.writeValueAsString(value);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
