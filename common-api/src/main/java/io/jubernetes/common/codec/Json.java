package io.jubernetes.common.codec;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;

/// The suite's one JSON mapper. Trees keep numbers exactly as written (big integers, big decimals). Thread-safe.
public final class Json {
    /// Nesting deeper than this is refused; upstream refuses at 10,000, which no real object comes near.
    public static final int MAX_DEPTH = 1000;

    public static final ObjectMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    static {
        MAPPER.getFactory()
                .setStreamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(MAX_DEPTH)
                        .maxStringLength(64 << 20)
                        .build());
    }

    /// For typed objects: some of the model's types are read as a tree from the middle of their object, and what
    /// follows them there is no trailing token.
    private static final ObjectMapper TYPED =
            nullsAsEmpty(MAPPER.copy().disable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS));

    private Json() {}

    /// Has a mapper read null lists and maps as empty ones.
    public static ObjectMapper nullsAsEmpty(ObjectMapper mapper) {
        var empty = JsonSetter.Value.forValueNulls(Nulls.AS_EMPTY);
        mapper.configOverride(List.class).setSetterInfo(empty);
        mapper.configOverride(Map.class).setSetterInfo(empty);
        return mapper;
    }

    /// Reads a tree.
    ///
    /// @throws IOException when the bytes are not one JSON value; the message says where
    public static JsonNode read(byte[] json) throws IOException {
        return MAPPER.readTree(json);
    }

    /// Reads a tree from text the caller knows to be JSON.
    public static JsonNode parse(String json) {
        try {
            return MAPPER.readTree(json);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static byte[] bytes(Object value) {
        try {
            return MAPPER.writeValueAsBytes(value);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static String text(Object value) {
        try {
            return MAPPER.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    /// Turns a typed model object into a tree.
    public static ObjectNode tree(Object model) {
        return MAPPER.valueToTree(model);
    }

    /// Turns a tree into a typed model object.
    public static <T> T as(JsonNode tree, Class<T> type) {
        try {
            return TYPED.treeToValue(tree, type);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }
}
