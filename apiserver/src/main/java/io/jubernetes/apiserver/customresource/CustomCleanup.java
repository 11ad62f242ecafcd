package io.jubernetes.apiserver.customresource;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.request.RequestContext;
import io.jubernetes.apiserver.request.RequestInfo;
import io.jubernetes.apiserver.request.UserInfo;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.DeleteOptions;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.resource.ObjectDeletion;
import io.jubernetes.apiserver.resource.ObjectStorage;
import io.jubernetes.apiserver.storage.StoreException;
import io.jubernetes.apiserver.watchcache.CachedObject;
import io.jubernetes.common.time.Deadline;
import java.time.Clock;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Deletes all objects of a kind whose definition is being deleted, and then lets the definition go.
/// Objects with finalizers are waited for. One virtual thread a definition.
public final class CustomCleanup implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CustomCleanup.class);
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final long SHORTEST_REST = 50;
    private static final long LONGEST_REST = 5_000;
    private static final int MAX_ATTEMPTS = 20;

    private final ObjectStorage storage;
    private final ObjectDeletion deletion;
    private final Clock clock;
    private final Set<String> running = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    public CustomCleanup(ObjectStorage storage, ObjectDeletion deletion, Clock clock) {
        this.storage = storage;
        this.deletion = deletion;
        this.clock = clock;
    }

    /// Begins to clear up unless that is going on already.
    ///
    /// @param resources what the kind is served as; empty when it never was
    void begin(ApiResource definitions, ObjectNode definition, List<ApiResource> resources) {
        String name = Meta.name(definition);
        if (running.add(name)) {
            Thread.ofVirtual().name("custom-cleanup " + name).start(() -> {
                try {
                    clear(definitions, name, Meta.uid(definition), resources);
                } finally {
                    running.remove(name);
                }
            });
        }
    }

    private void clear(ApiResource definitions, String name, String uid, List<ApiResource> resources) {
        long rest = SHORTEST_REST;
        boolean told = false;
        while (!closed) {
            try {
                if (!told) {
                    change(
                            definitions,
                            name,
                            uid,
                            definition -> withReason(
                                    definition,
                                    "True",
                                    "InstanceDeletionInProgress",
                                    "CustomResource deletion is in progress"));
                    told = true;
                }
                if (resources.isEmpty() || deleteAll(resources.getFirst()) == 0) {
                    change(definitions, name, uid, definition -> {
                        List<String> finalizers = Meta.finalizers(definition);
                        finalizers.remove(CrdStrategy.CLEANUP);
                        Meta.setFinalizers(definition, finalizers);
                        return withReason(definition, "False", "InstanceDeletionCompleted", "removed all instances");
                    });
                    return;
                }
            } catch (StoreException.Closed e) {
                return;
            } catch (StoreException | ApiException e) {
                LOG.warn("objects of {} could not be deleted, to be tried again: {}", name, e.getMessage());
            }
            try {
                Thread.sleep(rest + ThreadLocalRandom.current().nextLong(rest / 2 + 1));
            } catch (InterruptedException e) {
                return;
            }
            rest = Math.min(LONGEST_REST, rest * 2);
        }
    }

    private ObjectNode withReason(ObjectNode definition, String status, String reason, String message) {
        Naming.setCondition(definition, "Terminating", status, reason, message, clock.instant());
        return definition;
    }

    /// @return how many objects were there
    private int deleteAll(ApiResource resource) {
        Iterator<CachedObject> objects =
                storage.cache(resource).latest(Deadline.in(PATIENCE)).range(resource.keyPrefix(""), null);
        int count = 0;
        while (objects.hasNext() && !closed) {
            CachedObject object = objects.next();
            count++;
            try {
                deletion.delete(
                        context(resource, object),
                        resource,
                        object.namespace(),
                        object.name(),
                        new DeleteOptions(null, null, null, null, false));
            } catch (ApiException e) {
                if (e.code() != 404) {
                    LOG.warn("{} {} could not be deleted: {}", resource.qualifiedName(), object.name(), e.getMessage());
                }
            }
        }
        return count;
    }

    private static RequestContext context(ApiResource resource, CachedObject object) {
        String path = "/apis/" + resource.apiVersion() + "/"
                + (object.namespace().isEmpty() ? "" : "namespaces/" + object.namespace() + "/") + resource.plural()
                + "/" + object.name();
        return new RequestContext(
                RequestInfo.of("DELETE", path, Map.of()),
                new UserInfo("system:apiserver", "", List.of("system:masters"), Map.of()),
                "",
                Deadline.in(PATIENCE));
    }

    /// Changes the definition, or lets it go when nothing holds it any more.
    private void change(ApiResource definitions, String name, String uid, UnaryOperator<ObjectNode> change) {
        Optional<ObjectStorage.Loaded> present = storage.latest(definitions, "", name, Deadline.in(PATIENCE));
        for (int attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
            ObjectStorage.Loaded loaded = present.orElse(null);
            if (loaded == null || !Meta.uid(loaded.object()).equals(uid)) {
                return;
            }
            ObjectNode changed = change.apply(loaded.object().deepCopy());
            if (Meta.same(changed, loaded.object())) {
                return;
            }
            ObjectStorage.Written written = Meta.finalizers(changed).isEmpty()
                    ? storage.delete(definitions, changed, loaded.revision(), Deadline.in(PATIENCE))
                    : storage.update(definitions, changed, loaded.revision(), null, Deadline.in(PATIENCE));
            if (written.done()) {
                return;
            }
            present = Optional.ofNullable(written.current());
        }
    }

    @Override
    public void close() {
        closed = true;
    }
}
