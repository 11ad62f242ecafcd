package io.jubernetes.controllermanager.workload;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Labels and annotations that may be absent.
public final class Labels {
    private Labels() {}

    public static Map<String, String> of(HasMetadata object) {
        return labels(object.getMetadata());
    }

    public static Map<String, String> labels(@Nullable ObjectMeta metadata) {
        return metadata == null || metadata.getLabels() == null ? Map.of() : metadata.getLabels();
    }

    public static Map<String, String> annotations(@Nullable ObjectMeta metadata) {
        return metadata == null || metadata.getAnnotations() == null ? Map.of() : metadata.getAnnotations();
    }

    public static Optional<String> annotation(HasMetadata object, String key) {
        return Optional.ofNullable(annotations(object.getMetadata()).get(key));
    }

    /// An annotation that is a number; empty when it is absent or is none.
    public static Optional<Integer> number(HasMetadata object, String key) {
        return annotation(object, key).flatMap(text -> {
            try {
                return Optional.of(Integer.parseInt(text));
            } catch (NumberFormatException e) {
                return Optional.empty();
            }
        });
    }
}
