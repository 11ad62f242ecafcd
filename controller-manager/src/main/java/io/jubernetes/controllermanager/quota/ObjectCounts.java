package io.jubernetes.controllermanager.quota;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.controllermanager.ControllerContext;
import io.jubernetes.controllermanager.discovery.ApiResources;
import io.jubernetes.controllermanager.discovery.ApiResources.ApiResource;
import io.jubernetes.controllermanager.discovery.MetadataWatch;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/// Counts the objects of resources that some quota limits by number, in each namespace. A resource is watched from
/// when it is first asked for. Thread-safe.
final class ObjectCounts implements MetadataWatch.Listener, AutoCloseable {
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(10);

    private record Watched(MetadataWatch watch, Map<String, String> namespaceByUid) {}

    private final ControllerContext context;
    private final Consumer<String> changed;
    private final Map<String, Watched> watches = new HashMap<>(); // guarded by this
    private ApiResources resources = new ApiResources(java.util.List.of(), java.util.List.of()); // guarded by this
    private Instant discoveredAt = Instant.EPOCH; // guarded by this

    /// @param changed told the namespace in which an object came or went
    ObjectCounts(ControllerContext context, Consumer<String> changed) {
        this.context = context;
        this.changed = changed;
    }

    /// What is known of a resource.
    sealed interface Count {
        record Known(long objects) implements Count {}

        /// The first list is on its way.
        record NotYet() implements Count {}

        /// There is no such resource now.
        record NotServed() implements Count {}

        default OptionalLong number() {
            return this instanceof Known(long objects) ? OptionalLong.of(objects) : OptionalLong.empty();
        }
    }

    /// @param name such as `secrets` or `deployments.apps`
    synchronized Count count(String name, String namespace) {
        Watched watched = watches.get(name);
        if (watched == null) {
            Optional<ApiResource> resource = find(name);
            if (resource.isEmpty()) {
                return new Count.NotServed();
            }
            var watch = new MetadataWatch(context.client(), context.raw(), resource.get(), this);
            watched = new Watched(watch, new HashMap<>());
            watches.put(name, watched);
            watch.start();
        }
        if (!watched.watch().isListed()) {
            return new Count.NotYet();
        }
        return new Count.Known(watched.namespaceByUid().values().stream()
                .filter(namespace::equals)
                .count());
    }

    private Optional<ApiResource> find(String name) {
        Optional<ApiResource> known = lookUp(name);
        Instant now = context.clock().instant();
        if (known.isEmpty() && now.isAfter(discoveredAt.plus(LOOK_AGAIN))) {
            resources = ApiResources.discover(context.raw());
            discoveredAt = now;
            known = lookUp(name);
        }
        return known;
    }

    private Optional<ApiResource> lookUp(String name) {
        return resources.resources().stream()
                .filter(resource -> resource.namespaced() && resource.can("list", "watch"))
                .filter(resource -> name(resource).equals(name))
                .findFirst();
    }

    private static String name(ApiResource resource) {
        return resource.group().isEmpty() ? resource.name() : resource.name() + "." + resource.group();
    }

    @Override
    public void present(ApiResource resource, JsonNode metadata) {
        String namespace = metadata.path("namespace").asText();
        boolean isNew;
        synchronized (this) {
            Watched watched = watches.get(name(resource));
            isNew = watched != null
                    && watched.namespaceByUid().put(metadata.path("uid").asText(), namespace) == null;
        }
        if (isNew) {
            changed.accept(namespace);
        }
    }

    @Override
    public void gone(ApiResource resource, String uid) {
        String namespace;
        synchronized (this) {
            Watched watched = watches.get(name(resource));
            namespace = watched == null ? null : watched.namespaceByUid().remove(uid);
        }
        if (namespace != null) {
            changed.accept(namespace);
        }
    }

    @Override
    public synchronized void close() {
        watches.values().forEach(watched -> watched.watch().close());
    }
}
