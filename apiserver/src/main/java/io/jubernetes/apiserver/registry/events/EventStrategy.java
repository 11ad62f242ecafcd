package io.jubernetes.apiserver.registry.events;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.CheckedStrategy;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.Table;
import io.jubernetes.apiserver.validation.Field;
import io.jubernetes.common.meta.NameRules;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Events: they go away by themselves. Stored in the core version; the newer version of the API asks for more.
public final class EventStrategy extends CheckedStrategy {
    private static final int MAX_TEXT = 128;
    private static final int MAX_MESSAGE = 1024;
    private static final Table TABLE = new EventTable();

    private final boolean core;

    /// @param core whether it is the version of the core group, which has few rules
    public EventStrategy(boolean core) {
        this.core = core;
    }

    @Override
    public Names names() {
        return Names.PATH_SEGMENT;
    }

    @Override
    public boolean createsOnUpdate() {
        return true;
    }

    @Override
    public String group(String served) {
        return "";
    }

    @Override
    public Duration timeToLive() {
        return Duration.ofHours(1);
    }

    @Override
    public ObjectNode toStorage(ObjectNode event) {
        return EventVersions.toCore(event);
    }

    @Override
    public ObjectNode fromStorage(ObjectNode event, String apiVersion) {
        return apiVersion.equals("v1") ? event : EventVersions.toEventsGroup(event);
    }

    @Override
    protected void check(Field event) {
        boolean timed = event.get("eventTime").isSet();
        if (!core && Meta.resourceVersion(event.value()).isEmpty()) {
            checkNew(event, timed);
            return;
        }
        checkNamespace(event);
        if (timed) {
            checkController(event, core ? "reportingComponent" : "reportingController");
            checkText(event, "reportingInstance", "repotingIntance");
            checkText(event, "action", "action");
            checkText(event, "reason", "reason");
            checkMessage(event);
        }
        Field namespace = Field.root(event.get("metadata").value()).get("namespace");
        namespace.requireForm(NameRules::subdomain);
        namespace.causes().forEach(event::report);
    }

    private static void checkNamespace(Field event) {
        String namespace = Meta.namespace(event.value());
        Field about = event.get("involvedObject").get("namespace");
        boolean fits = about.isEmpty()
                ? namespace.isEmpty() || namespace.equals("default")
                : about.text().equals(namespace);
        if (!fits) {
            about.invalid(about.text(), "does not match event.namespace");
        }
    }

    private static void checkNew(Field event, boolean timed) {
        if (event.get("involvedObject").get("namespace").isEmpty()) {
            checkNamespace(event);
        }
        if (!timed) {
            event.get("eventTime").required("");
        }
        checkController(event, "reportingController");
        checkText(event, "reportingInstance", "reportingInstance");
        checkText(event, "action", "action");
        checkText(event, "reason", "reason");
        Field type = event.get("type");
        if (!List.of("Normal", "Warning").contains(type.text())) {
            type.invalid("", "has invalid value: " + type.text());
        }
        for (String former : List.of("firstTimestamp", "lastTimestamp", "count", "source")) {
            if (!event.get(former).isEmpty()) {
                event.get(former).invalid("", "needs to be unset");
            }
        }
        checkMessage(event);
        Field series = event.get("series");
        if (series.isSet()) {
            if (series.get("count").number() < 2) {
                series.get("count").invalid("", "should be at least 2");
            }
            if (!series.get("lastObservedTime").isSet()) {
                series.get("lastObservedTime").required("");
            }
        }
    }

    private static void checkController(Field event, String shown) {
        Field controller = event.get("reportingComponent");
        Field place = event.get(shown);
        if (controller.isEmpty()) {
            place.required("");
        }
        NameRules.qualifiedName(controller.text()).forEach(problem -> place.invalid(controller.text(), problem));
    }

    private static void checkText(Field event, String field, String shown) {
        Field text = event.get(field);
        if (text.isEmpty()) {
            event.get(field).required("");
        }
        if (text.text().length() > MAX_TEXT) {
            event.get(shown).invalid("", "can have at most " + MAX_TEXT + " characters");
        }
    }

    private static void checkMessage(Field event) {
        if (event.get("message").text().length() > MAX_MESSAGE) {
            event.get("message").invalid("", "can have at most " + MAX_MESSAGE + " characters");
        }
    }

    @Override
    protected void checkUpdate(Field event, Field old) {
        // An event without a time is one of the former kind, which anything may be changed in.
        if (core || !old.get("eventTime").isSet()) {
            return;
        }
        for (String[] field : new String[][] {
            {"involvedObject", "involvedObject"},
            {"reason", "reason"},
            {"message", "message"},
            {"source", "source"},
            {"firstTimestamp", "firstTimestamp"},
            {"lastTimestamp", "lastTimestamp"},
            {"count", "count"},
            {"type", "type"},
            {"eventTime", "eventTime"},
            {"action", "action"},
            {"related", "related"},
            {"reportingComponent", "reportingController"},
            {"reportingInstance", "reportingInstance"},
        }) {
            Field now = event.get(field[0]);
            if (!Meta.same(now.value(), old.get(field[0]).value())) {
                event.get(field[1]).invalid(now.isSet() ? now.value() : "", "field is immutable");
            }
        }
    }

    @Override
    public Map<String, String> selectableFields(JsonNode event) {
        JsonNode about = event.path("involvedObject");
        Map<String, String> fields = new LinkedHashMap<>();
        for (String field : List.of("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")) {
            fields.put("involvedObject." + field, about.path(field).asText(""));
            if (!core) {
                fields.put("regarding." + field, about.path(field).asText(""));
            }
        }
        String component = event.path("source").path("component").asText("");
        String reporting = event.path("reportingComponent").asText("");
        fields.put("reason", event.path("reason").asText(""));
        fields.put("type", event.path("type").asText(""));
        fields.put("source", component.isEmpty() ? reporting : component);
        fields.put("reportingComponent", reporting);
        if (!core) {
            fields.put("reportingController", reporting);
        }
        return fields;
    }

    @Override
    public Table table() {
        return TABLE;
    }
}
