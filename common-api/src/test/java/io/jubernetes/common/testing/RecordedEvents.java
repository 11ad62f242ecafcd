package io.jubernetes.common.testing;

import io.fabric8.kubernetes.api.model.ObjectReference;
import io.jubernetes.common.controller.EventRecorder;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/// Keeps events for a test to look at.
public final class RecordedEvents implements EventRecorder {
    private final List<String> events = new CopyOnWriteArrayList<>();

    @Override
    public void record(
            ObjectReference regarding,
            @Nullable ObjectReference related,
            String type,
            String reason,
            String action,
            String message) {
        events.add(type + " " + reason + " " + message);
    }

    /// Every event as `type reason message`.
    public List<String> all() {
        return events;
    }
}
