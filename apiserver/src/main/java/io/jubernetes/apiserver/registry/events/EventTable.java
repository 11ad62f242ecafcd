package io.jubernetes.apiserver.registry.events;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.Columns;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;
import java.time.Clock;
import java.util.List;
import java.util.Locale;

/// Events as `kubectl get events` shows them: when, what, about what, how often.
final class EventTable implements Table {
    private static final List<Column> COLUMNS = List.of(
            shown("Last Seen", "Time when the event was seen last."),
            shown("Type", "Normal or a warning."),
            shown("Reason", "Why the event was made, in one word."),
            shown("Object", "What the event is about."),
            wide("Subobject", "The part of it, if any."),
            wide("Source", "Who reported the event."),
            shown("Message", "What happened."),
            wide("First Seen", "Time when the event was seen first."),
            wide("Count", "How often it has happened."),
            wide("Name", "The name of the event."));

    private static Column shown(String name, String text) {
        return new Column(name, "string", "", text, 0);
    }

    private static Column wide(String name, String text) {
        String format = name.equals("Name") ? "name" : "";
        return new Column(name, "string", format, text, 1);
    }

    @Override
    public List<Column> columns() {
        return COLUMNS;
    }

    @Override
    public void cells(JsonNode shown, ArrayNode row, Clock clock) {
        JsonNode event = shown.path("apiVersion").asText("").equals("v1")
                ? shown
                : EventVersions.toCore(((ObjectNode) shown).deepCopy());
        String eventTime = event.path("eventTime").asText("");
        JsonNode series = event.path("series");
        String first = since(event.path("firstTimestamp").asText(""), eventTime, clock);
        String last = series.isObject()
                ? since(series.path("lastObservedTime").asText(""), "", clock)
                : since(event.path("lastTimestamp").asText(""), first.equals("<unknown>") ? "" : eventTime, clock);
        long count = series.isObject()
                ? series.path("count").asLong(0)
                : Math.max(event.path("count").asLong(0), event.path("count").isMissingNode() ? 1 : 0);
        JsonNode about = event.path("involvedObject");
        String kind = about.path("kind").asText("").toLowerCase(Locale.ROOT);
        String name = about.path("name").asText("");
        row.add(last)
                .add(event.path("type").asText(""))
                .add(event.path("reason").asText(""))
                .add(name.isEmpty() ? kind : kind + "/" + name)
                .add(about.path("fieldPath").asText(""))
                .add(source(event))
                .add(event.path("message").asText("").strip())
                .add(first)
                .add(count)
                .add(Meta.name(event));
    }

    private static String since(String time, String otherwise, Clock clock) {
        return Columns.since(time.isEmpty() ? otherwise : time, clock);
    }

    private static String source(JsonNode event) {
        String component = event.path("source").path("component").asText("");
        if (component.isEmpty()) {
            component = event.path("reportingComponent").asText("");
        }
        String host = event.path("source").path("host").asText("");
        if (host.isEmpty()) {
            host = event.path("reportingInstance").asText("");
        }
        return host.isEmpty() ? component : component + ", " + host;
    }
}
