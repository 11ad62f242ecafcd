package io.jubernetes.apiserver.admission.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionPlugin;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.common.codec.Json;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/// Keeps floods of events from the store: so many a second for all of them, or for each namespace, user or object.
/// Thread-safe.
public final class EventRateLimit implements AdmissionPlugin {
    private static final Set<String> TYPES = Set.of("Server", "Namespace", "User", "SourceAndObject");
    private static final int CACHE_SIZE = 4096;

    private final List<Limit> limits = new ArrayList<>();

    /// @param configuration a `Configuration` of `eventratelimit.admission.k8s.io/v1alpha1`
    /// @throws IllegalArgumentException when it has no limits or wrong ones; the message says which
    public EventRateLimit(JsonNode configuration, InstantSource clock) {
        JsonNode all = configuration.path("limits");
        if (all.isEmpty()) {
            throw new IllegalArgumentException("EventRateLimit: limits: Required value");
        }
        for (int i = 0; i < all.size(); i++) {
            limits.add(Limit.of(all.get(i), "EventRateLimit: limits[" + i + "].", clock));
        }
    }

    @Override
    public String name() {
        return "EventRateLimit";
    }

    @Override
    public void validate(AdmissionRequest request) {
        boolean event = request.isFor("", "events") || request.isFor("events.k8s.io", "events");
        if (!event || !request.isWrite()) {
            return;
        }
        ApiException refusal = null;
        // Every limit counts the event, whatever another one says.
        for (Limit limit : limits) {
            String key = limit.key(request);
            if (!limit.take(key)) {
                refusal = ApiException.of(
                        429,
                        "TooManyRequests",
                        "Too many requests: limit reached on type " + limit.type + " for key " + key,
                        null);
            }
        }
        if (refusal != null) {
            throw refusal;
        }
    }

    /// One limit: a bucket of tokens for each key, of which the least recently used go first.
    private static final class Limit {
        private final String type;
        private final double perSecond;
        private final int burst;
        private final InstantSource clock;
        private final Map<String, Bucket> buckets; // guarded by this

        private record Bucket(double tokens, long at) {}

        private Limit(String type, double perSecond, int burst, int size, InstantSource clock) {
            this.type = type;
            this.perSecond = perSecond;
            this.burst = burst;
            this.clock = clock;
            buckets = new LinkedHashMap<>(16, 0.75f, true) {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Bucket> eldest) {
                    return size() > size;
                }
            };
        }

        static Limit of(JsonNode limit, String field, InstantSource clock) {
            String type = limit.path("type").asText("");
            if (!TYPES.contains(type)) {
                throw new IllegalArgumentException(field + "type: Unsupported value: " + Json.text(type)
                        + ": supported values: " + "\"Namespace\", \"Server\", \"SourceAndObject\", \"User\"");
            }
            return new Limit(
                    type,
                    positive(limit, "qps", 0, field),
                    positive(limit, "burst", 0, field),
                    type.equals("Server") ? 1 : positive(limit, "cacheSize", CACHE_SIZE, field),
                    clock);
        }

        private static int positive(JsonNode limit, String name, int otherwise, String field) {
            int value = limit.path(name).asInt(0) == 0
                    ? otherwise
                    : limit.path(name).asInt();
            if (value <= 0) {
                throw new IllegalArgumentException(field + name + ": Invalid value: " + value + ": must be positive");
            }
            return value;
        }

        String key(AdmissionRequest request) {
            return switch (type) {
                case "Namespace" -> request.namespace();
                case "User" -> request.context().user().name();
                case "SourceAndObject" -> sourceAndObject(Objects.requireNonNull(request.object()));
                default -> "";
            };
        }

        private static String sourceAndObject(ObjectNode event) {
            JsonNode source = event.path("source");
            JsonNode about = event.path(event.has("regarding") ? "regarding" : "involvedObject");
            var key = new StringBuilder();
            for (String part : List.of("component", "host")) {
                key.append(source.path(part).asText(""));
            }
            for (String part : List.of("kind", "namespace", "name", "uid", "apiVersion")) {
                key.append(about.path(part).asText(""));
            }
            return key.toString();
        }

        synchronized boolean take(String key) {
            long now = clock.millis();
            Bucket bucket = buckets.getOrDefault(key, new Bucket(burst, now));
            double tokens = Math.min(burst, bucket.tokens() + (now - bucket.at()) * perSecond / 1000);
            boolean taken = tokens >= 1;
            buckets.put(key, new Bucket(taken ? tokens - 1 : tokens, now));
            return taken;
        }
    }
}
