package io.jubernetes.apiserver.watchcache;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.jubernetes.apiserver.storage.MutableClock;
import io.jubernetes.common.time.Deadline;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/// Objects as the tests of this package want them: `{"metadata":{"name":…,"uid":…,"labels":{…}},"v":…}`.
final class CacheFixture {
    private static final ObjectMapper JSON = new ObjectMapper();

    private CacheFixture() {}

    static final ObjectIndexer INDEXER = (key, json) -> {
        JsonNode metadata = read(json).path("metadata");
        var labels = new java.util.HashMap<String, String>();
        metadata.path("labels")
                .properties()
                .forEach(label -> labels.put(label.getKey(), label.getValue().asText()));
        return new ObjectIndexer.Indexed(
                metadata.path("namespace").asText(), metadata.path("name").asText(), labels, Map.of());
    };

    static byte[] json(String name, String value) {
        return bytes("{\"kind\":\"Thing\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"" + name + "\",\"uid\":\"u-"
                + name + "\",\"labels\":{\"v\":\"" + value + "\"}},\"v\":\"" + value + "\"}");
    }

    static CachedObject object(String key, long revision) {
        return CachedObject.of(
                key, new ObjectIndexer.Indexed("", key, Map.of(), Map.of()), revision, revision, bytes("{}"));
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static JsonNode read(byte[] json) {
        try {
            return JSON.readTree(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// `key=value@revision` of each, the value and the revision as they are in the JSON.
    static List<String> texts(Iterator<CachedObject> objects) {
        var all = new ArrayList<String>();
        objects.forEachRemaining(object -> all.add(text(object)));
        return all;
    }

    static String text(CachedObject object) {
        JsonNode json = read(object.json());
        return object.key() + "=" + json.path("v").asText() + "@"
                + json.path("metadata").path("resourceVersion").asText();
    }

    static String text(WatchEvent event) {
        return switch (event) {
            case WatchEvent.Added(var object) -> "+" + text(object);
            case WatchEvent.Modified(var object, var _) -> "~" + text(object);
            case WatchEvent.Deleted(var last) -> "-" + text(last);
            case WatchEvent.Bookmark(long revision) -> "bookmark " + revision;
        };
    }

    static WatchCaches.Settings settings(int windowSize, MutableClock clock) {
        return new WatchCaches.Settings(windowSize, Duration.ofMinutes(5), clock, new SimpleMeterRegistry());
    }

    static Deadline soon() {
        return Deadline.in(Duration.ofSeconds(20));
    }
}
