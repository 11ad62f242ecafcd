package io.jubernetes.controllermanager.workload;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// A short name for a pod template, of letters and digits that form no words. Equal templates have equal hashes;
/// for different ones that have the same by accident there is a count to tell them apart.
public final class TemplateHash {
    private static final String ALPHABET = "bcdfghjklmnpqrstvwxz2456789";
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .build();

    private TemplateHash() {}

    public static String of(@Nullable PodTemplateSpec template, @Nullable Integer collisions) {
        return of((Object) (template == null ? "" : template), collisions);
    }

    /// The hash of any model object.
    public static String of(Object value, @Nullable Integer collisions) {
        try {
            int hash = 0x811c9dc5;
            String text = MAPPER.writeValueAsString(value) + (collisions == null ? "" : "#" + collisions);
            for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
                hash = (hash ^ (b & 0xff)) * 0x01000193;
            }
            String digits = Integer.toUnsignedString(hash);
            var safe = new StringBuilder();
            for (int i = 0; i < digits.length(); i++) {
                safe.append(ALPHABET.charAt(digits.charAt(i) % ALPHABET.length()));
            }
            return safe.toString();
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }
}
