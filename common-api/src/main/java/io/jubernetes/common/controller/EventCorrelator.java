package io.jubernetes.common.controller;

import io.fabric8.kubernetes.api.model.ObjectReference;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Decides what becomes of an event, as upstream's correlator does: an equal one is counted on the event that is
/// there; more than ten different messages of one reason within ten minutes are combined into one event; an object
/// that makes many events gets only one every five minutes after a burst of 25. Pure but for its memory, which is
/// bounded. Not thread-safe.
final class EventCorrelator {
    private static final int MAX_SIMILAR = 10;
    private static final Duration SIMILAR_WINDOW = Duration.ofMinutes(10);
    private static final double BURST = 25;
    private static final double TOKENS_PER_SECOND = 1.0 / 300;
    private static final int REMEMBERED = 4096;

    /// An event as it was recorded.
    record Occurrence(
            ObjectReference regarding,
            @Nullable ObjectReference related,
            String type,
            String reason,
            String action,
            String message,
            Instant at) {}

    sealed interface Decision {
        /// A new event of this name. `slot` is to be told to [#forget] when it could not be stored.
        record Create(Object slot, String name, String message) implements Decision {}

        /// The event of this name happened once more.
        record Count(Object slot, String name, String message, int count) implements Decision {}

        record Drop() implements Decision {}
    }

    private record Source(
            String kind,
            String namespace,
            String name,
            String uid,
            String fieldPath,
            String type,
            String reason,
            String action) {}

    private record Slot(Source source, String message) {}

    private record Stored(String name, int count) {}

    private record Similar(Set<String> messages, Instant last) {}

    private record Tokens(double left, Instant at) {}

    private final Map<Slot, Stored> stored = bounded();
    private final Map<Source, Similar> similar = bounded();
    private final Map<String, Tokens> tokens = bounded();

    Decision decide(Occurrence event) {
        if (!takeToken(event)) {
            return new Decision.Drop();
        }
        ObjectReference object = event.regarding();
        var source = new Source(
                text(object.getKind()),
                text(object.getNamespace()),
                text(object.getName()),
                text(object.getUid()),
                text(object.getFieldPath()),
                event.type(),
                event.reason(),
                event.action());
        boolean combined = isOneOfMany(source, event);
        String message = combined ? "(combined from similar events): " + event.message() : event.message();
        var slot = new Slot(source, combined ? "" : event.message());
        Stored there = stored.get(slot);
        if (there == null) {
            String name =
                    object.getName() + "." + Long.toHexString(ChronoUnit.NANOS.between(Instant.EPOCH, event.at()));
            stored.put(slot, new Stored(name, 1));
            return new Decision.Create(slot, name, message);
        }
        stored.put(slot, new Stored(there.name(), there.count() + 1));
        return new Decision.Count(slot, there.name(), message, there.count() + 1);
    }

    /// The stored event of a decision is gone or never came to be: the next equal one is new again.
    void forget(Object slot) {
        if (slot instanceof Slot known) {
            stored.remove(known);
        }
    }

    private boolean takeToken(Occurrence event) {
        String key = event.regarding().getKind() + "/" + event.regarding().getUid() + "/"
                + event.regarding().getNamespace() + "/" + event.regarding().getName();
        Tokens there = tokens.getOrDefault(key, new Tokens(BURST, event.at()));
        double elapsed = Math.max(0, Duration.between(there.at(), event.at()).toMillis() / 1000.0);
        double left = Math.min(BURST, there.left() + elapsed * TOKENS_PER_SECOND);
        boolean allowed = left >= 1;
        tokens.put(key, new Tokens(allowed ? left - 1 : left, event.at()));
        return allowed;
    }

    private boolean isOneOfMany(Source source, Occurrence event) {
        Similar there = similar.get(source);
        Set<String> messages =
                there == null || there.last().plus(SIMILAR_WINDOW).isBefore(event.at())
                        ? new HashSet<>()
                        : there.messages();
        if (messages.size() < MAX_SIMILAR) {
            messages.add(event.message());
        }
        similar.put(source, new Similar(messages, event.at()));
        return messages.size() >= MAX_SIMILAR && !messages.contains(event.message());
    }

    private static String text(@Nullable String value) {
        return Objects.requireNonNullElse(value, "");
    }

    private static <K, V> Map<K, V> bounded() {
        return new LinkedHashMap<>(16, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
                return size() > REMEMBERED;
            }
        };
    }
}
