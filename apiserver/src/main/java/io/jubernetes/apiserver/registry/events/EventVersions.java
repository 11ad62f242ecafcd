package io.jubernetes.apiserver.registry.events;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/// Turns events of `events.k8s.io/v1` into those of `v1` and back: the same data under other names.
final class EventVersions {
    /// Field names of `v1` and of `events.k8s.io/v1`.
    private static final String[][] NAMES = {
        {"involvedObject", "regarding"},
        {"message", "note"},
        {"reportingComponent", "reportingController"},
        {"source", "deprecatedSource"},
        {"firstTimestamp", "deprecatedFirstTimestamp"},
        {"lastTimestamp", "deprecatedLastTimestamp"},
        {"count", "deprecatedCount"},
    };

    private EventVersions() {}

    static ObjectNode toCore(ObjectNode event) {
        if (!event.path("apiVersion").asText("").equals("events.k8s.io/v1")) {
            return event;
        }
        for (String[] pair : NAMES) {
            rename(event, pair[1], pair[0]);
        }
        return event.put("apiVersion", "v1");
    }

    static ObjectNode toEventsGroup(ObjectNode event) {
        if (!event.path("apiVersion").asText("").equals("v1")) {
            return event;
        }
        for (String[] pair : NAMES) {
            rename(event, pair[0], pair[1]);
        }
        return event.put("apiVersion", "events.k8s.io/v1");
    }

    private static void rename(ObjectNode event, String from, String to) {
        JsonNode value = event.remove(from);
        if (value != null) {
            event.set(to, value);
        }
    }
}
