package io.jubernetes.apiserver.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionChain;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.admission.AdmissionRequest.Operation;
import io.jubernetes.apiserver.admission.Reservation;
import io.jubernetes.apiserver.request.RequestContext;
import io.jubernetes.apiserver.resource.ApiException.Cause;
import io.jubernetes.apiserver.resource.ObjectStorage.Loaded;
import io.jubernetes.apiserver.resource.ObjectStorage.Written;
import io.jubernetes.apiserver.schema.ApiTime;
import io.jubernetes.apiserver.schema.DecodeException;
import io.jubernetes.apiserver.schema.EmptyLists;
import io.jubernetes.apiserver.schema.Schema;
import io.jubernetes.apiserver.schema.TypedDecoder;
import io.jubernetes.apiserver.validation.MetadataRules;
import io.jubernetes.common.codec.Json;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Creates and changes objects of any kind: admission, the kind's strategy, validation, field ownership, and
/// the compare-and-set that makes the change. Calls block. Thread-safe. Deletion is [ObjectDeletion]'s.
public final class ObjectService {
    private static final int MAX_ATTEMPTS = 20;
    private static final int NAME_ATTEMPTS = 8;

    private static final String MANAGED_FIELDS = "managedFields";

    private final ObjectStorage storage;
    private final AdmissionChain admission;
    private final FieldOwnership ownership;
    private final Clock clock;

    public ObjectService(ObjectStorage storage, AdmissionChain admission, FieldOwnership ownership, Clock clock) {
        this.storage = storage;
        this.admission = admission;
        this.ownership = ownership;
        this.clock = clock;
    }

    /// Asks the plugins about a write that stores nothing by itself, such as one to a subresource that acts.
    ///
    /// @throws ApiException when one of them refuses
    public void admit(AdmissionRequest request) {
        mutate(request);
        admission.validate(request);
    }

    /// Has the plugins change the object, and takes back what they have done to its managed fields when nobody can read
    /// those any longer.
    private void mutate(AdmissionRequest request) {
        ObjectNode object = request.object();
        JsonNode before = object == null
                ? MissingNode.getInstance()
                : object.path("metadata").path(MANAGED_FIELDS).deepCopy();
        admission.mutate(request);
        if (object == null) {
            return;
        }
        JsonNode after = object.path("metadata").path(MANAGED_FIELDS);
        if (!after.equals(before) && !ownership.isReadable(after)) {
            request.context()
                    .warn(".metadata.managedFields was in an invalid state after admission; this could be caused by an"
                            + " outdated mutating admission controller; please fix your requests: the entries cannot"
                            + " be decoded");
            if (before.isMissingNode()) {
                Meta.of(object).remove(MANAGED_FIELDS);
            } else {
                Meta.of(object).set(MANAGED_FIELDS, before);
            }
        }
    }

    /// Makes the new state from the present one. May run several times; each time with the state as it is then.
    @FunctionalInterface
    public interface Change {
        /// @param present as in the store, with its resource version; the callee's own copy
        /// @return the new state, decoded and defaulted
        ObjectNode apply(ObjectNode present);
    }

    /// What an update came to.
    ///
    /// @param created whether the object did not exist before
    /// @param deleted whether the update took away the last finalizer of a terminating object
    public record Updated(ObjectNode object, boolean created, boolean deleted) {}

    /// Creates an object.
    ///
    /// @param object decoded and defaulted; changed in place
    /// @return the object as stored
    public ObjectNode create(
            RequestContext context, ApiResource resource, String namespace, ObjectNode object, WriteOptions options) {
        ObjectNode meta = Meta.of(object);
        ServerMetadata.checkNamespace(resource, namespace, meta);
        String version = meta.path("resourceVersion").asText("");
        if (!version.isEmpty() && !version.equals("0")) {
            throw ApiException.plain(500, "resourceVersion should not be set on objects to be created");
        }
        meta.remove(List.of(
                "resourceVersion",
                "selfLink",
                "deletionTimestamp",
                "deletionGracePeriodSeconds",
                "uid",
                "creationTimestamp"));
        OwnerReferences.dedup(context, meta, false);
        var request = new AdmissionRequest(
                context,
                resource,
                Operation.CREATE,
                namespace,
                Meta.name(object),
                "",
                object,
                null,
                options.dryRun(),
                options.tree("CreateOptions", context.userAgent()));
        if (!options.applied()) {
            ownership.update(resource, null, object, options.fieldManager(), "");
        }
        mutate(request);
        // A plugin may have put another metadata in its place.
        meta = Meta.of(object);
        OwnerReferences.dedup(context, meta, true);
        String generateName = meta.path("generateName").asText("");
        boolean generated = Meta.name(object).isEmpty() && !generateName.isEmpty();
        for (int attempt = 1; ; attempt++) {
            if (generated) {
                meta.put("name", ServerMetadata.generatedName(generateName));
            }
            if (!meta.has("uid")) {
                meta.put("uid", UUID.randomUUID().toString());
                meta.put("creationTimestamp", ApiTime.seconds(clock.instant()));
                moveBehind(meta, "ownerReferences");
                moveBehind(meta, "managedFields");
            }
            Optional<ObjectNode> stored = insert(context, request, options);
            if (stored.isPresent()) {
                return stored.get();
            }
            if (!generated && !generateName.isEmpty()) {
                throw ApiException.nameNotGenerated(resource, Meta.name(object));
            }
            if (!generated) {
                throw existing(context, resource, namespace, Meta.name(object));
            }
            if (attempt == NAME_ATTEMPTS) {
                throw ApiException.nameNotGenerated(resource, Meta.name(object));
            }
        }
    }

    /// Puts a field where the API declares it: behind what the server has just set.
    private static void moveBehind(ObjectNode meta, String field) {
        com.fasterxml.jackson.databind.JsonNode value = meta.remove(field);
        if (value != null) {
            meta.set(field, value);
        }
    }

    private ApiException existing(RequestContext context, ApiResource resource, String namespace, String name) {
        boolean terminating = storage.latest(resource, namespace, name, context.deadline())
                .map(found -> Meta.isTerminating(found.object()))
                .orElse(false);
        ApiException exists = ApiException.alreadyExists(resource, name);
        return terminating
                ? ApiException.of(409, "AlreadyExists", "object is being deleted: " + exists.getMessage(), (ObjectNode)
                        exists.status().get("details"))
                : exists;
    }

    /// Validates and stores a new object; empty when its name is taken.
    private Optional<ObjectNode> insert(RequestContext context, AdmissionRequest request, WriteOptions options) {
        Reservation reserved = admission.reserve(request);
        boolean done = false;
        try {
            Optional<ObjectNode> stored = insertReserved(context, request, options);
            done = stored.isPresent() && !options.dryRun();
            return stored;
        } finally {
            settle(reserved, done);
        }
    }

    private static void settle(Reservation reserved, boolean done) {
        if (done) {
            reserved.commit();
        } else {
            reserved.revert();
        }
    }

    private Optional<ObjectNode> insertReserved(
            RequestContext context, AdmissionRequest request, WriteOptions options) {
        ApiResource resource = request.resource();
        Strategy strategy = resource.strategy();
        ObjectNode object = java.util.Objects.requireNonNull(request.object());
        strategy.prepareForCreate(object);
        showEmptyStatus(resource, object);
        if (strategy.hasGeneration()) {
            putGeneration(object, strategy.firstGeneration());
        }
        List<Cause> causes = new ArrayList<>(MetadataRules.validate(object, strategy.names(), resource.namespaced()));
        causes.addAll(strategy.validate(object));
        if (!causes.isEmpty()) {
            throw ApiException.invalid(resource.kindGroup(), resource.kind(), Meta.name(object), causes);
        }
        strategy.warnings(object).forEach(context::warn);
        admission.validate(request);
        EmptyLists.settle(resource.schema(), object);
        Meta.order(object);
        ObjectNode stored = strategy.beforeStore(object);
        ObjectNode shown = strategy.afterLoad(stored.deepCopy());
        if (options.dryRun()) {
            if (storage.latest(
                            resource,
                            resource.namespaced() ? request.namespace() : "",
                            Meta.name(object),
                            context.deadline())
                    .isPresent()) {
                return Optional.empty();
            }
            return Optional.of(shown);
        }
        Written written = storage.create(resource, stored, strategy.timeToLive(), context.deadline());
        if (!written.done()) {
            return Optional.empty();
        }
        Meta.of(shown).put("resourceVersion", Long.toString(written.revision()));
        return Optional.of(shown);
    }

    private static void putGeneration(ObjectNode object, long generation) {
        if (generation == 0) {
            Meta.of(object).remove("generation");
        } else {
            Meta.of(object).put("generation", generation);
        }
    }

    /// The encoding of most kinds shows a status even when there is nothing in it.
    private static void showEmptyStatus(ApiResource resource, ObjectNode object) {
        Schema.Field status = resource.schema().field("status");
        if (object.has("status") || status == null || status.alwaysPresent() == null) {
            return;
        }
        try {
            if (status.schema().type() == Schema.Type.STRUCT) {
                object.set("status", new TypedDecoder().decode(status.schema(), Json.object()));
            }
        } catch (DecodeException e) {
            throw new IllegalStateException("an empty status of " + resource.kind() + " does not decode", e);
        }
    }

    /// Changes an object.
    ///
    /// @param subresource empty for the object itself, `status` and the like for a part
    public Updated update(
            RequestContext context,
            ApiResource resource,
            String namespace,
            String name,
            String subresource,
            Change change,
            WriteOptions options) {
        Optional<Loaded> present = storage.cached(resource, namespace, name);
        if (present.isEmpty()) {
            present = storage.latest(resource, namespace, name, context.deadline());
        }
        for (int attempt = 1; ; attempt++) {
            if (present.isEmpty()) {
                return absent(context, resource, namespace, name, subresource, change, options);
            }
            Loaded loaded = present.get();
            Attempt outcome;
            try {
                outcome = attempt(context, resource, namespace, name, subresource, change, options, loaded);
            } catch (ApiException e) {
                if (loaded.fresh()) {
                    throw e;
                }
                // The cache may lag: what was refused on an old state is tried once more on the latest.
                present = storage.latest(resource, namespace, name, context.deadline());
                if (present.map(Loaded::revision).orElse(0L) == loaded.revision()) {
                    throw e;
                }
                continue;
            }
            if (outcome.result() != null && (loaded.fresh() || outcome.wrote())) {
                return outcome.result();
            }
            if (attempt >= MAX_ATTEMPTS || context.deadline().isOver()) {
                throw ApiException.conflict(resource, name, ServerMetadata.MODIFIED);
            }
            present = outcome.result() != null || outcome.current() == null
                    ? storage.latest(resource, namespace, name, context.deadline())
                    : Optional.of(outcome.current());
            if (outcome.result() != null && present.map(Loaded::revision).orElse(0L) == loaded.revision()) {
                return outcome.result();
            }
        }
    }

    /// What an update of an object comes to that is not there: some kinds are created by it.
    private Updated absent(
            RequestContext context,
            ApiResource resource,
            String namespace,
            String name,
            String subresource,
            Change change,
            WriteOptions options) {
        boolean replaces = context.info().verb().equals("update") && subresource.isEmpty();
        if (!replaces || !UpdateRules.createsOnUpdate(resource)) {
            throw ApiException.notFound(resource, name);
        }
        ObjectNode object = change.apply(Json.object());
        String version = Meta.resourceVersion(object);
        if (!version.isEmpty() && !version.equals("0") || !Meta.uid(object).isEmpty()) {
            throw ApiException.notFound(resource, name);
        }
        return new Updated(create(context, resource, namespace, object, options), true, false);
    }

    /// @param result what to answer; null when the race was lost
    /// @param wrote whether something was written, which proves that the state it began with was the latest
    private record Attempt(
            @Nullable Updated result,
            boolean wrote,
            @Nullable Loaded current) {}

    private Attempt attempt(
            RequestContext context,
            ApiResource resource,
            String namespace,
            String name,
            String subresource,
            Change change,
            WriteOptions options,
            Loaded loaded) {
        ObjectNode old = loaded.object();
        ObjectNode object = change.apply(old.deepCopy());
        ObjectNode meta = Meta.of(object);
        ServerMetadata.checkNamespace(resource, namespace, meta);
        ServerMetadata.checkVersion(resource, name, meta, loaded.revision());
        var request = new AdmissionRequest(
                context,
                resource,
                Operation.UPDATE,
                namespace,
                name,
                subresource,
                object,
                old,
                options.dryRun(),
                options.tree("UpdateOptions", context.userAgent()));
        ServerMetadata.keep(object, old);
        if (!options.applied()) {
            ownership.update(resource, old, object, options.fieldManager(), subresource);
        }
        mutate(request);
        Reservation reserved = admission.reserve(request);
        boolean done = false;
        try {
            Attempt attempt = attemptReserved(request, options, loaded);
            done = attempt.wrote() && !options.dryRun();
            if (done && attempt.result() != null && attempt.result().deleted()) {
                admission.deleted(resource, attempt.result().object());
            }
            return attempt;
        } finally {
            settle(reserved, done);
        }
    }

    private Attempt attemptReserved(AdmissionRequest request, WriteOptions options, Loaded loaded) {
        RequestContext context = request.context();
        ApiResource resource = request.resource();
        String name = request.name();
        String subresource = request.subresource();
        Strategy strategy = resource.strategy();
        ObjectNode old = loaded.object();
        ObjectNode object = java.util.Objects.requireNonNull(request.object());
        ObjectNode meta = Meta.of(object);
        OwnerReferences.dedup(context, meta, true);
        meta.put("resourceVersion", Long.toString(loaded.revision()));
        if (subresource.equals("status")) {
            strategy.prepareForStatusUpdate(object, old);
        } else {
            if (subresource.isEmpty()) {
                strategy.prepareForUpdate(object, old);
            } else {
                strategy.prepareForSubresource(subresource, object, old);
            }
            if (strategy.hasGeneration() && strategy.desiredStateChanged(object, old)) {
                Meta.of(object).put("generation", Meta.generation(old) + 1);
            }
        }
        List<Cause> causes = new ArrayList<>(MetadataRules.validate(object, strategy.names(), resource.namespaced()));
        // Once for all kinds and once with the kind's own rules: clients see these causes twice.
        List<Cause> metadata = MetadataRules.validateUpdate(object, old);
        causes.addAll(metadata);
        causes.addAll(metadata);
        if (subresource.equals("status")) {
            causes.addAll(strategy.validateStatusUpdate(object, old));
        } else {
            causes.addAll(strategy.validateChange(object, old, subresource));
        }
        if (!causes.isEmpty()) {
            throw ApiException.invalid(resource.kindGroup(), resource.kind(), name, causes);
        }
        if (subresource.isEmpty()) {
            strategy.updateWarnings(object, old).forEach(context::warn);
        }
        admission.validate(request);
        ownership.settle(old, object);
        EmptyLists.settle(resource.schema(), object);
        Meta.order(object);
        if (isDone(request, object, old)) {
            return new Attempt(new Updated(object, false, false), false, null);
        }
        boolean finished = Meta.isTerminating(object)
                && Meta.finalizers(object).isEmpty()
                && object.path("metadata").path("deletionGracePeriodSeconds").asLong(0) == 0
                && !strategy.keepsTerminating(object);
        ObjectNode stored = strategy.beforeStore(object);
        if (strategy.isCustom()) {
            object = strategy.afterLoad(stored.deepCopy());
            ownership.settle(old, object);
            if (isDone(request, object, old)) {
                return new Attempt(new Updated(object, false, false), false, null);
            }
        }
        if (options.dryRun()) {
            return new Attempt(new Updated(object, false, finished), true, null);
        }
        Written written = finished
                ? storage.delete(resource, stored, loaded.revision(), context.deadline())
                : storage.update(resource, stored, loaded.revision(), strategy.timeToLive(), context.deadline());
        if (!written.done()) {
            return new Attempt(null, false, written.current());
        }
        if (!finished) {
            Meta.of(object).put("resourceVersion", Long.toString(written.revision()));
        }
        return new Attempt(new Updated(object, false, finished), true, null);
    }

    /// Whether nothing is to be written.
    private boolean isDone(AdmissionRequest request, ObjectNode object, ObjectNode old) {
        return Meta.same(object, old)
                && (request.dryRun()
                        || !storage.needsRewrite(
                                request.resource(), old, request.context().deadline()));
    }
}
