package io.jubernetes.controllermanager.workload;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.controller.RawApi;
import io.jubernetes.common.meta.ObjectKey;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Adopts objects that match an owner's selector and have no controller, and releases those of its own that match
/// no more, so that selectors and owner references agree.
public final class Claims {
    private static final Logger log = LoggerFactory.getLogger(Claims.class);

    private final RawApi api;

    public Claims(RawApi api) {
        this.api = api;
    }

    /// What is to be done with the candidates of an owner.
    ///
    /// @param kept already its own
    public record Plan<T>(List<T> kept, List<T> adopted, List<T> released) {
        /// Pure: looks at references and the selector only.
        public static <T extends HasMetadata> Plan<T> of(HasMetadata owner, Predicate<T> matches, List<T> candidates) {
            var kept = new ArrayList<T>();
            var adopted = new ArrayList<T>();
            var released = new ArrayList<T>();
            boolean ownerGoes = owner.getMetadata().getDeletionTimestamp() != null;
            for (T object : candidates) {
                var controller = Owners.controllerOf(object);
                if (controller.isPresent()) {
                    if (!controller.get().getUid().equals(owner.getMetadata().getUid())) {
                        continue;
                    }
                    if (matches.test(object)) {
                        kept.add(object);
                    } else if (!ownerGoes) {
                        released.add(object);
                    }
                } else if (!ownerGoes && object.getMetadata().getDeletionTimestamp() == null && matches.test(object)) {
                    adopted.add(object);
                }
            }
            return new Plan<>(List.copyOf(kept), List.copyOf(adopted), List.copyOf(released));
        }
    }

    /// Carries a plan out and returns all that are the owner's afterwards.
    ///
    /// @param freshOwner reads the owner from the API server: the cached one may be gone or replaced, and must not
    ///     adopt then; asked only when there is something to adopt
    public <T extends HasMetadata> List<T> carryOut(
            HasMetadata owner,
            Plan<T> plan,
            Supplier<? extends @org.jspecify.annotations.Nullable HasMetadata> freshOwner) {
        var own = new ArrayList<>(plan.kept());
        plan.released().forEach(object -> release(owner, object));
        if (!plan.adopted().isEmpty()) {
            HasMetadata fresh = freshOwner.get();
            if (fresh == null
                    || !fresh.getMetadata().getUid().equals(owner.getMetadata().getUid())
                    || fresh.getMetadata().getDeletionTimestamp() != null) {
                return own;
            }
            for (T object : plan.adopted()) {
                if (adopt(owner, object)) {
                    own.add(object);
                }
            }
        }
        return own;
    }

    private boolean adopt(HasMetadata owner, HasMetadata object) {
        var change = Json.object();
        var metadata =
                change.putObject("metadata").put("uid", object.getMetadata().getUid());
        metadata.putArray("ownerReferences").add(Json.tree(Owners.controllerReference(owner)));
        return patch(object, change, "adopt");
    }

    private void release(HasMetadata owner, HasMetadata object) {
        var change = Json.object();
        var metadata =
                change.putObject("metadata").put("uid", object.getMetadata().getUid());
        metadata.putArray("ownerReferences")
                .addObject()
                .put("$patch", "delete")
                .put("uid", owner.getMetadata().getUid());
        boolean _ = patch(object, change, "release");
    }

    private boolean patch(HasMetadata object, Object change, String what) {
        try {
            api.patch(RawApi.path(object), RawApi.STRATEGIC_PATCH, change);
            return true;
        } catch (KubernetesClientException e) {
            // Gone, or replaced by another of its name, or just taken by somebody else.
            if (e.getCode() == 404 || e.getCode() == 409 || e.getCode() == 422) {
                log.debug("did not {} {}: {}", what, ObjectKey.of(object), e.getMessage());
                return false;
            }
            throw e;
        }
    }
}
