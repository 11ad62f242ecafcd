package io.jubernetes.kubelet.runtime.docker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import io.jubernetes.common.codec.Json;
import io.jubernetes.kubelet.runtime.RuntimeFailure;
import io.jubernetes.kubelet.runtime.RuntimeListener;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Follows the engine's events on one thread and reconnects when they break off.
final class DockerEvents implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DockerEvents.class);
    private static final long LONGEST_PAUSE_MILLIS = 5_000;

    private final DockerEngine engine;
    private final NodeInstance node;
    private final RuntimeListener listener;
    private final Thread thread;
    private volatile boolean closed;
    private volatile DockerHttp.@Nullable Exchange open;

    DockerEvents(DockerEngine engine, NodeInstance node, RuntimeListener listener) {
        this.engine = engine;
        this.node = node;
        this.listener = listener;
        this.thread = Thread.ofVirtual().name("docker-events").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    private void run() {
        long pause = 100;
        while (!closed) {
            try {
                pause = follow() ? 100 : Math.min(pause * 2, LONGEST_PAUSE_MILLIS);
            } catch (RuntimeFailure | IOException | RuntimeException e) {
                if (!closed) {
                    LOG.warn("the Docker engine's events broke off, reconnecting: {}", e.getMessage());
                }
                pause = Math.min(pause * 2, LONGEST_PAUSE_MILLIS);
            }
            try {
                Thread.sleep(pause / 2 + ThreadLocalRandom.current().nextLong(pause / 2 + 1));
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    /// Whether any event came before the stream ended.
    private boolean follow() throws RuntimeFailure, IOException {
        var filters = Json.object();
        filters.putArray("type").add("container");
        filters.putArray("label").add(ContainerLabels.NODE + "=" + node.label());
        var events = filters.putArray("event");
        events.add("start").add("die").add("destroy");
        String path = "/events?filters=" + URLEncoder.encode(Json.text(filters), StandardCharsets.UTF_8);
        boolean any = false;
        try (var exchange = engine.http().send("GET", path, Map.of(), null);
                MappingIterator<JsonNode> lines =
                        Json.MAPPER.readerFor(JsonNode.class).readValues(exchange.body())) {
            open = exchange;
            // From here on nothing is missed; what happened before is found by looking at everything once.
            listener.missed();
            while (!closed && lines.hasNextValue()) {
                JsonNode event = lines.nextValue();
                any = true;
                JsonNode actor = event.path("Actor");
                String uid =
                        actor.path("Attributes").path(ContainerLabels.POD_UID).asText();
                String id = actor.path("ID").asText();
                switch (event.path("Action").asText()) {
                    case "start" -> listener.changed(uid, id, RuntimeListener.Change.STARTED);
                    case "die" -> listener.changed(uid, id, RuntimeListener.Change.DIED);
                    case "destroy" -> listener.changed(uid, id, RuntimeListener.Change.REMOVED);
                    default -> {}
                }
            }
        } finally {
            open = null;
        }
        return any;
    }

    @Override
    public void close() {
        closed = true;
        var exchange = open;
        if (exchange != null) {
            exchange.close();
        }
        thread.interrupt();
    }
}
