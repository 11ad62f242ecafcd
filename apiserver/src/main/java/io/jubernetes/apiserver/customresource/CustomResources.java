package io.jubernetes.apiserver.customresource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.FieldOwnership;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.resource.ResourceCatalog;
import io.jubernetes.apiserver.storage.StoreException;
import io.jubernetes.apiserver.watchcache.CachedObject;
import io.jubernetes.apiserver.watchcache.Cursor;
import io.jubernetes.apiserver.watchcache.ResourceCache;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.time.Deadline;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Follows the definitions in the store: settles their names, serves the kinds that are established,
/// and clears up after those that are deleted. Every API server does this for itself; whoever writes
/// first wins, and the others find nothing left to do.
///
/// One virtual thread looks at all definitions after each change. Requests never wait for it.
public final class CustomResources implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CustomResources.class);
    private static final Duration STORE_PATIENCE = Duration.ofSeconds(30);
    private static final Duration LONGEST_REST = Duration.ofSeconds(30);
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(1);

    private final ApiResource definitions;
    private final ResourceCatalog catalog;
    private final ObjectStorage storage;
    private final FieldOwnership ownership;
    private final CustomCleanup cleanup;
    private final Function<JsonNode, Converter> converters;
    private final String storageRoot;
    private final Clock clock;
    private final Semaphore signal = new Semaphore(1);
    private final Map<String, Served> served = new HashMap<>();
    private volatile boolean closed;

    /// A definition that is served now.
    ///
    /// @param spec what of the definition the service depends on
    private record Served(JsonNode spec, CustomKind kind, List<ApiResource> resources) {}

    /// @param storageRoot the start of all keys, such as `/registry`
    public CustomResources(
            ResourceCatalog catalog,
            ObjectStorage storage,
            FieldOwnership ownership,
            CustomCleanup cleanup,
            ConversionWebhooks webhooks,
            String storageRoot,
            Clock clock) {
        this.definitions = catalog.require("apiextensions.k8s.io/v1", "customresourcedefinitions");
        this.catalog = catalog;
        this.storage = storage;
        this.ownership = ownership;
        this.cleanup = cleanup;
        this.converters = webhooks::converter;
        this.storageRoot = storageRoot;
        this.clock = clock;
    }

    /// Serves what is established already and begins to follow changes.
    public void start() {
        settle();
        Thread.ofVirtual().name("custom-resources").start(this::run);
    }

    private void run() {
        while (!closed) {
            ResourceCache cache = storage.cache(definitions);
            try (Cursor cursor =
                    cache.watch(definitions.keyPrefix(""), cache.snapshot().revision())) {
                cursor.onAvailable(signal::release);
                signal.release();
                follow(cursor);
            } catch (StoreException.Closed e) {
                return;
            } catch (StoreException e) {
                LOG.info("following the custom resource definitions anew: {}", e.getMessage());
                rest(AFTER_FAILURE);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void follow(Cursor cursor) throws InterruptedException {
        while (!closed) {
            boolean _ = signal.tryAcquire(LONGEST_REST.toMillis(), TimeUnit.MILLISECONDS);
            int _ = signal.drainPermits();
            while (cursor.poll() != null && !closed) {
                // What has changed is read from the snapshot.
            }
            if (!closed) {
                settle();
            }
        }
    }

    private void rest(Duration time) {
        try {
            Thread.sleep(time);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Brings everything in line with the definitions as they are now.
    private synchronized void settle() {
        Map<String, ObjectNode> present = new LinkedHashMap<>();
        Iterator<CachedObject> all = storage.cache(definitions).snapshot().range(definitions.keyPrefix(""), null);
        while (all.hasNext()) {
            CachedObject cached = all.next();
            present.put(cached.name(), tree(cached));
        }
        for (String gone : List.copyOf(served.keySet())) {
            if (!present.containsKey(gone)) {
                withdraw(gone);
            }
        }
        for (Map.Entry<String, ObjectNode> entry : present.entrySet()) {
            try {
                entry.setValue(settle(entry.getValue(), List.copyOf(present.values())));
            } catch (StoreException | ApiException e) {
                LOG.warn("definition {} could not be settled, to be tried again: {}", entry.getKey(), e.getMessage());
                signal.release();
                rest(Duration.ofMillis(100));
            }
        }
    }

    private static ObjectNode tree(CachedObject cached) {
        try {
            return (ObjectNode) Json.read(cached.json());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /// @return the definition as it is now
    private ObjectNode settle(ObjectNode definition, List<? extends JsonNode> others) {
        ObjectNode settled = definition;
        if (!Meta.isTerminating(definition)) {
            settled = Naming.settle(definition, List.copyOf(others), clock.instant());
        }
        boolean established = CustomKind.isTrue(settled, "Established");
        if (established) {
            serve(settled);
        }
        if (!Meta.same(settled, definition)) {
            settled = settled.deepCopy();
            ownership.update(definitions, definition, settled, "kube-apiserver", "status");
            long revision = Long.parseLong(Meta.resourceVersion(definition));
            // Whoever was faster has changed the definition, which brings us here again.
            ObjectStorage.Written _ = storage.update(definitions, settled, revision, null, Deadline.in(STORE_PATIENCE));
        }
        if (Meta.isTerminating(definition) && Meta.finalizers(definition).contains(CrdStrategy.CLEANUP)) {
            Served mine = served.get(Meta.name(definition));
            cleanup.begin(definitions, definition, mine == null ? List.of() : mine.resources());
        }
        return settled;
    }

    private void serve(ObjectNode definition) {
        String name = Meta.name(definition);
        ObjectNode relevant = Json.object();
        relevant.set("spec", definition.path("spec"));
        relevant.set("names", definition.path("status").path("acceptedNames"));
        relevant.put("terminating", CustomKind.isTrue(definition, "Terminating"));
        Served before = served.get(name);
        if (before != null && Meta.same(before.spec(), relevant)) {
            return;
        }
        CustomKind kind;
        try {
            kind = CustomKind.of(definition, converters.apply(definition));
        } catch (RuntimeException e) {
            LOG.error("definition {} cannot be served", name, e);
            return;
        }
        List<ApiResource> resources = resources(kind);
        ApiResource any = resource(kind, kind.storage());
        if (before != null && !sameForm(before.kind(), kind)) {
            storage.reopen(any);
        } else {
            storage.open(any);
        }
        served.put(name, new Served(relevant, kind, resources.isEmpty() ? List.of(any) : resources));
        catalog.put(name, resources);
        LOG.info(
                "serving {} in {}",
                name,
                resources.stream().map(ApiResource::version).toList());
    }

    /// Whether watchers of the old kind may go on: what they are shown and can select by has not changed.
    private static boolean sameForm(CustomKind before, CustomKind now) {
        List<String> old = before.versions().values().stream()
                .map(CustomKind.Version::form)
                .toList();
        return before.indexed().equals(now.indexed())
                && old.equals(now.versions().values().stream()
                        .map(CustomKind.Version::form)
                        .toList());
    }

    private void withdraw(String name) {
        catalog.remove(name);
        Served gone = served.remove(name);
        if (gone != null) {
            gone.resources().stream().findFirst().ifPresent(storage::close);
            LOG.info("no longer serving {}", name);
        }
    }

    private List<ApiResource> resources(CustomKind kind) {
        List<ApiResource> resources = new ArrayList<>();
        kind.versions().values().stream()
                .filter(CustomKind.Version::served)
                .forEach(version -> resources.add(resource(kind, version)));
        return resources;
    }

    private ApiResource resource(CustomKind kind, CustomKind.Version version) {
        return CustomApi.resource(kind, version, storageRoot);
    }

    @Override
    public void close() {
        closed = true;
        signal.release();
        cleanup.close();
    }
}
