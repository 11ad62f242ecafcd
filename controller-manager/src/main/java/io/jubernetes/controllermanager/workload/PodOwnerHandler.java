package io.jubernetes.controllermanager.workload;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.jubernetes.common.controller.ChangeHandler;
import io.jubernetes.common.controller.Lister;
import io.jubernetes.common.meta.ObjectKey;
import java.util.Map;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Wakes the owner of an object (nearly always a pod) that changed: the controller before and after the change,
/// and for an object that nobody controls all those that might adopt it.
///
/// @param <T> the owned kind
/// @param <O> the owning kind
public final class PodOwnerHandler<T extends HasMetadata, O extends HasMetadata> implements ChangeHandler<T> {
    private final String ownerKind;
    private final Lister<O> owners;
    private final BiPredicate<O, @Nullable Map<String, String>> mightAdopt;
    private final Consumer<ObjectKey> wake;

    /// @param mightAdopt whether an owner's selector matches labels
    public PodOwnerHandler(
            String ownerKind,
            Lister<O> owners,
            BiPredicate<O, @Nullable Map<String, String>> mightAdopt,
            Consumer<ObjectKey> wake) {
        this.ownerKind = ownerKind;
        this.owners = owners;
        this.mightAdopt = mightAdopt;
        this.wake = wake;
    }

    @Override
    public void changed(@Nullable T before, @Nullable T after) {
        String ownerBefore = before == null ? null : wakeController(before);
        if (after == null) {
            return;
        }
        String ownerAfter = wakeController(after);
        if (ownerAfter == null && after.getMetadata().getDeletionTimestamp() == null) {
            Map<String, String> labels = after.getMetadata().getLabels();
            boolean sameLabels = before != null
                    && ownerBefore == null
                    && java.util.Objects.equals(before.getMetadata().getLabels(), labels);
            if (sameLabels || labels == null || labels.isEmpty()) {
                return;
            }
            for (O owner : owners.inNamespace(after.getMetadata().getNamespace())) {
                if (mightAdopt.test(owner, labels)) {
                    wake.accept(ObjectKey.of(owner));
                }
            }
        }
    }

    private @Nullable String wakeController(T object) {
        OwnerReference controller = Owners.controllerOf(object).orElse(null);
        if (controller == null) {
            return null;
        }
        if (ownerKind.equals(controller.getKind())) {
            wake.accept(ObjectKey.of(object.getMetadata().getNamespace(), controller.getName()));
        }
        return controller.getUid();
    }
}
