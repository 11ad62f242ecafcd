package io.jubernetes.common.controller;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import org.jspecify.annotations.Nullable;

/// Tells users what happened to an object: what `kubectl describe` shows under Events. Never blocks and never
/// fails; events are for people and may be dropped under load. Thread-safe.
public interface EventRecorder {
    String NORMAL = "Normal";
    String WARNING = "Warning";

    /// Records an event.
    ///
    /// @param related another object that takes part, or null
    /// @param type [#NORMAL] or [#WARNING]
    /// @param reason why, in one CamelCase word, upstream's where it has one
    /// @param action what was done, in one CamelCase word
    /// @param message for people
    void record(
            ObjectReference regarding,
            @Nullable ObjectReference related,
            String type,
            String reason,
            String action,
            String message);

    default void normal(HasMetadata regarding, String reason, String message) {
        record(reference(regarding), null, NORMAL, reason, "", message);
    }

    default void warning(HasMetadata regarding, String reason, String message) {
        record(reference(regarding), null, WARNING, reason, "", message);
    }

    /// Refers to a whole object.
    static ObjectReference reference(HasMetadata object) {
        return new ObjectReferenceBuilder()
                .withApiVersion(object.getApiVersion())
                .withKind(object.getKind())
                .withNamespace(object.getMetadata().getNamespace())
                .withName(object.getMetadata().getName())
                .withUid(object.getMetadata().getUid())
                .withResourceVersion(object.getMetadata().getResourceVersion())
                .build();
    }
}
