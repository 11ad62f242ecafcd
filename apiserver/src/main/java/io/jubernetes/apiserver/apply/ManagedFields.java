package io.jubernetes.apiserver.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.apply.Managers.Manager;
import io.jubernetes.apiserver.resource.ApiException;
import io.jubernetes.apiserver.resource.ApiResource;
import io.jubernetes.apiserver.resource.FieldOwnership;
import io.jubernetes.apiserver.resource.Meta;
import io.jubernetes.apiserver.schema.ApiTime;
import java.time.Clock;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Keeps `metadata.managedFields` and carries out server-side apply. Thread-safe.
public final class ManagedFields implements FieldOwnership {
    /// Paths that change objects on the server's own account.
    private static final Set<String> UNTRACKED = Set.of("binding", "eviction", "token");

    private static final String BEFORE_FIRST_APPLY = "before-first-apply";
    private static final String KUBECTL = "kubectl";

    private final Clock clock;

    public ManagedFields(Clock clock) {
        this.clock = clock;
    }

    @Override
    public void update(
            ApiResource resource, @Nullable ObjectNode live, ObjectNode object, String manager, String subresource) {
        if (UNTRACKED.contains(subresource)) {
            return;
        }
        Managers managers = live == null ? new Managers() : present(live, object, subresource);
        Meta.of(object).remove("managedFields");
        if (live != null && managers.isEmpty()) {
            // Ownership is kept only for objects that have had it from their creation or an apply.
            return;
        }
        ObjectNode before = live == null ? Typed.nothing(resource) : shown(resource, live);
        boolean known = ownership(resource, subresource)
                .update(
                        managers,
                        before,
                        shown(resource, object),
                        Manager.updater(manager, resource.apiVersion(), subresource));
        write(object, known ? managers : new Managers());
    }

    /// What the client sends takes the place of the live entries, unless it is nothing or malformed; a single empty
    /// entry resets.
    private static Managers present(ObjectNode live, ObjectNode object, String subresource) {
        JsonNode sent = object.path("metadata").path("managedFields");
        if (subresource.isEmpty() && !sent.isEmpty()) {
            if (sent.size() == 1 && sent.path(0).isEmpty()) {
                return new Managers();
            }
            Managers read = Managers.read(sent).orElse(null);
            if (read != null && !read.isEmpty()) {
                return read;
            }
        }
        return Managers.read(live.path("metadata").path("managedFields")).orElseGet(Managers::new);
    }

    private static ObjectNode shown(ApiResource resource, ObjectNode stored) {
        ObjectNode result = Typed.in(resource, stored, resource.apiVersion());
        Meta.of(result).remove("managedFields");
        return result;
    }

    private Ownership ownership(ApiResource resource, String subresource) {
        return new Ownership(
                resource,
                ResetFields.of(resource, subresource),
                subresource.equals("scale") ? null : ApiTime.seconds(clock.instant()));
    }

    private static void write(ObjectNode object, Managers managers) {
        if (managers.isEmpty()) {
            Meta.of(object).remove("managedFields");
        } else {
            Meta.of(object).set("managedFields", managers.toJson());
        }
    }

    @Override
    public boolean isReadable(JsonNode entries) {
        return Managers.read(entries).isPresent();
    }

    @Override
    public void settle(ObjectNode old, ObjectNode object) {
        JsonNode before = old.path("metadata").path("managedFields");
        JsonNode after = object.path("metadata").path("managedFields");
        if (before.isEmpty() || before.size() != after.size() || before.equals(after)) {
            return;
        }
        ObjectNode timeless = object.deepCopy();
        if (withoutTimes(before).equals(withoutTimes(after))) {
            Meta.of(timeless).set("managedFields", before);
            if (Meta.same(timeless, old)) {
                Meta.of(object).set("managedFields", before.deepCopy());
            }
        }
    }

    private static java.util.Map<ObjectNode, Integer> withoutTimes(JsonNode entries) {
        java.util.Map<ObjectNode, Integer> result = new java.util.HashMap<>();
        for (JsonNode entry : entries) {
            ObjectNode copy = entry.deepCopy();
            copy.remove("time");
            result.merge(copy, 1, Integer::sum);
        }
        return result;
    }

    /// Server-side apply.
    ///
    /// @param request the resource and the path's subresource, empty for the object itself
    /// @param stored the object as stored; null when there is none
    /// @param patch the applied configuration in the resource's version
    /// @return the new object in the resource's version, not yet decoded nor defaulted, with its managed fields
    /// @throws ApiException 409 on conflicts, 400 or 500 on configurations that do not fit the schema
    public ObjectNode apply(ApplyRequest request, @Nullable ObjectNode stored, ObjectNode patch) {
        ApiResource resource = request.resource();
        if (patch.path("metadata").has("managedFields")
                && !patch.path("metadata").path("managedFields").isNull()) {
            throw ApiException.badRequest("metadata.managedFields must be nil");
        }
        new PatchCheck(resource.schema()).check(patch);
        Ownership ownership = ownership(resource, request.subresource());
        ObjectNode live = stored == null ? Typed.nothing(resource) : shown(resource, stored);
        Managers managers = stored == null
                ? new Managers()
                : Managers.read(stored.path("metadata").path("managedFields"))
                        .orElseThrow(() -> ApiException.plain(500, "failed to decode managed fields"));
        if (managers.isEmpty() && stored != null) {
            ownership.update(
                    managers,
                    Typed.nothing(resource),
                    live,
                    Manager.updater(BEFORE_FIRST_APPLY, resource.apiVersion(), request.subresource()));
        }
        Manager manager = Manager.applier(request.manager(), request.subresource());
        Ownership.Applied applied;
        try {
            applied = apply(ownership, managers, live, patch, manager, request.force());
        } catch (ApplyConflict e) {
            throw e.answer(request.subresource().equals("scale") ? "autoscaling/v1" : "");
        }
        applied.managers().cap();
        ObjectNode result = applied.object().deepCopy();
        if (request.manager().equals(KUBECTL)) {
            LastApplied.refresh(result, patch);
        }
        write(result, applied.managers());
        return result;
    }

    private static Ownership.Applied apply(
            Ownership ownership, Managers managers, ObjectNode live, ObjectNode patch, Manager manager, boolean force)
            throws ApplyConflict {
        try {
            return ownership.apply(managers, live, patch, manager, force);
        } catch (ApplyConflict e) {
            if (!manager.name().equals(KUBECTL)) {
                throw e;
            }
            FieldSet allowed =
                    LastApplied.unchanged(ownership.resource().schema(), live).orElse(null);
            if (allowed == null) {
                throw e;
            }
            java.util.Map<Manager, FieldSet> left = new java.util.HashMap<>();
            e.conflicts().forEach((owner, fields) -> {
                FieldSet disputed = fields.difference(allowed);
                if (!disputed.isEmpty()) {
                    left.put(owner, disputed);
                }
            });
            if (!left.isEmpty()) {
                throw new ApplyConflict(left);
            }
            return ownership.apply(managers, live, patch, manager, true);
        }
    }

    /// One apply.
    ///
    /// @param subresource empty for the object itself
    /// @param force whether to take fields from other managers
    public record ApplyRequest(ApiResource resource, String subresource, String manager, boolean force) {
        public ApplyRequest {
            Objects.requireNonNull(manager);
        }
    }
}
