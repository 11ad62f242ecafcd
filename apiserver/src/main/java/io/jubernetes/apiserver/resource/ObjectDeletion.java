package io.jubernetes.apiserver.resource;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.admission.AdmissionChain;
import io.jubernetes.apiserver.admission.AdmissionRequest;
import io.jubernetes.apiserver.admission.AdmissionRequest.Operation;
import io.jubernetes.apiserver.request.RequestContext;
import io.jubernetes.apiserver.resource.DeleteOptions.Propagation;
import io.jubernetes.apiserver.resource.ObjectStorage.Loaded;
import io.jubernetes.apiserver.resource.ObjectStorage.Written;
import io.jubernetes.apiserver.schema.ApiTime;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Deletes objects: at once, or by marking them until their finalizers are gone or their grace period
/// is over. Calls block. Thread-safe.
public final class ObjectDeletion {
    private static final String ORPHAN = "orphan";
    private static final String FOREGROUND = "foregroundDeletion";
    private static final int MAX_ATTEMPTS = 20;

    private final ObjectStorage storage;
    private final AdmissionChain admission;
    private final Clock clock;

    public ObjectDeletion(ObjectStorage storage, AdmissionChain admission, Clock clock) {
        this.storage = storage;
        this.admission = admission;
        this.clock = clock;
    }

    /// What a deletion came to.
    ///
    /// @param object the object as it was or as it is marked now
    /// @param gone whether it is deleted already
    public record Deleted(ObjectNode object, boolean gone) {}

    /// Deletes an object or marks it for deletion.
    public Deleted delete(
            RequestContext context, ApiResource resource, String namespace, String name, DeleteOptions options) {
        resource.strategy().deletionWarnings(options).forEach(context::warn);
        Optional<Loaded> present = storage.latest(resource, namespace, name, context.deadline());
        for (int attempt = 1; ; attempt++) {
            Loaded loaded = present.orElseThrow(() -> ApiException.notFound(resource, name));
            checkPreconditions(resource, name, options, loaded.object());
            var request = new AdmissionRequest(
                    context,
                    resource,
                    Operation.DELETE,
                    namespace,
                    // A request for many objects names none of them.
                    context.info().verb().equals("deletecollection") ? "" : name,
                    "",
                    null,
                    loaded.object(),
                    options.dryRun(),
                    options.tree());
            admission.mutate(request);
            admission.validate(request);
            ObjectNode marked = mark(resource.strategy(), loaded.object(), options);
            boolean gone = isFinished(resource.strategy(), marked);
            if (options.dryRun() || (!gone && marked.equals(loaded.object()))) {
                return new Deleted(marked, gone);
            }
            Written written = gone
                    ? storage.delete(resource, marked, loaded.revision(), context.deadline())
                    : storage.update(
                            resource,
                            resource.strategy().beforeStore(marked),
                            loaded.revision(),
                            resource.strategy().timeToLive(),
                            context.deadline());
            if (written.done()) {
                if (gone) {
                    admission.deleted(resource, marked);
                } else {
                    Meta.of(marked).put("resourceVersion", Long.toString(written.revision()));
                }
                return new Deleted(marked, gone);
            }
            if (attempt >= MAX_ATTEMPTS || context.deadline().isOver()) {
                throw ApiException.conflict(resource, name, "the object changes faster than it can be deleted");
            }
            present = Optional.ofNullable(written.current());
        }
    }

    private static void checkPreconditions(
            ApiResource resource, String name, DeleteOptions options, ObjectNode object) {
        String uid = options.uid();
        if (uid != null && !uid.equals(Meta.uid(object))) {
            throw mismatch(resource, name, "UID", uid, Meta.uid(object), "deleted and then recreated");
        }
        String version = options.resourceVersion();
        if (version != null && !version.equals(Meta.resourceVersion(object))) {
            throw mismatch(resource, name, "ResourceVersion", version, Meta.resourceVersion(object), "modified");
        }
    }

    private static ApiException mismatch(
            ApiResource resource, String name, String what, String asked, String present, String event) {
        return ApiException.preconditionFailed(
                resource,
                name,
                "the " + what + " in the precondition (" + asked + ") does not match the " + what + " in record ("
                        + present + "). The object might have been " + event);
    }

    private static boolean isFinished(Strategy strategy, ObjectNode object) {
        return Meta.finalizers(object).isEmpty()
                && object.path("metadata").path("deletionGracePeriodSeconds").asLong(0) == 0
                && !strategy.keepsTerminating(object);
    }

    /// The object with everything the deletion asks for written into its metadata.
    private ObjectNode mark(Strategy strategy, ObjectNode present, DeleteOptions options) {
        ObjectNode object = present.deepCopy();
        if (!Meta.isTerminating(object) && strategy.markForDeletion(object, clock.instant())) {
            return object;
        }
        ObjectNode meta = Meta.of(object);
        List<String> finalizers = finalizers(strategy, object, options);
        Meta.setFinalizers(object, finalizers);
        boolean graceful = strategy.gracefulDeletion();
        boolean stays = graceful || !finalizers.isEmpty() || strategy.keepsTerminating(object);
        if (!stays) {
            return object;
        }
        Long asked = options.gracePeriodSeconds();
        long grace = graceful ? strategy.gracePeriodSeconds(object, asked) : 0;
        if (Meta.isTerminating(object)) {
            long running = meta.path("deletionGracePeriodSeconds").asLong(0);
            boolean shorter = graceful && asked != null && grace < running;
            if (shorter) {
                meta.put("deletionGracePeriodSeconds", grace);
                meta.put("deletionTimestamp", ApiTime.seconds(clock.instant().plusSeconds(grace)));
            }
            return object;
        }
        meta.put("deletionTimestamp", ApiTime.seconds(clock.instant().plusSeconds(grace)));
        if (!strategy.keepsTerminating(object)) {
            meta.put("deletionGracePeriodSeconds", grace);
        }
        if (Meta.generation(object) > 0) {
            meta.put("generation", Meta.generation(object) + 1);
        }
        strategy.markTerminating(object);
        return object;
    }

    private static List<String> finalizers(Strategy strategy, ObjectNode object, DeleteOptions options) {
        List<String> finalizers = new ArrayList<>(Meta.finalizers(object));
        Propagation propagation = options.propagation();
        boolean orphan;
        boolean foreground;
        if (propagation != null) {
            orphan = propagation == Propagation.ORPHAN;
            foreground = propagation == Propagation.FOREGROUND;
        } else {
            orphan = finalizers.contains(ORPHAN) || strategy.orphansByDefault() && !finalizers.contains(FOREGROUND);
            foreground = !orphan && finalizers.contains(FOREGROUND);
        }
        setMember(finalizers, ORPHAN, orphan);
        setMember(finalizers, FOREGROUND, foreground);
        return finalizers;
    }

    private static void setMember(List<String> list, String value, boolean member) {
        if (!member) {
            list.remove(value);
        } else if (!list.contains(value)) {
            list.add(value);
        }
    }
}
