package io.jubernetes.controllermanager.workload;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.jubernetes.common.controller.Informed;
import java.util.List;
import java.util.Optional;

/// Owner references: who controls an object, and an index of caches by it.
public final class Owners {
    /// Index values: the uid of the controlling owner, or [#orphan] for objects without one.
    public static final String INDEX = "controller";

    private Owners() {}

    public static Optional<OwnerReference> controllerOf(HasMetadata object) {
        return object.getMetadata().getOwnerReferences().stream()
                .filter(owner -> Boolean.TRUE.equals(owner.getController()))
                .findFirst();
    }

    public static boolean isControlledBy(HasMetadata object, HasMetadata owner) {
        return controllerOf(object)
                .filter(reference ->
                        reference.getUid().equals(owner.getMetadata().getUid()))
                .isPresent();
    }

    /// The reference that makes `owner` the controller of what bears it.
    public static OwnerReference controllerReference(HasMetadata owner) {
        return new OwnerReferenceBuilder()
                .withApiVersion(owner.getApiVersion())
                .withKind(owner.getKind())
                .withName(owner.getMetadata().getName())
                .withUid(owner.getMetadata().getUid())
                .withController(true)
                .withBlockOwnerDeletion(true)
                .build();
    }

    public static String orphan(String namespace) {
        return "orphan in " + namespace;
    }

    public static <T extends HasMetadata> void index(Informed<T> cache) {
        cache.index(
                INDEX,
                object -> List.of(controllerOf(object)
                        .map(OwnerReference::getUid)
                        .orElseGet(() -> orphan(object.getMetadata().getNamespace()))));
    }

    /// The objects that `owner` controls and those in its namespace that nobody controls.
    public static <T extends HasMetadata> List<T> candidates(Informed<T> cache, HasMetadata owner) {
        List<T> owned = cache.by(INDEX, owner.getMetadata().getUid());
        List<T> orphans = cache.by(INDEX, orphan(owner.getMetadata().getNamespace()));
        return java.util.stream.Stream.concat(owned.stream(), orphans.stream()).toList();
    }
}
