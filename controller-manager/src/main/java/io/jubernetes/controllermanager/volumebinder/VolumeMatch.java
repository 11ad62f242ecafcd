package io.jubernetes.controllermanager.volumebinder;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.jubernetes.common.meta.LabelSelectors;
import io.jubernetes.common.meta.Quantity;
import io.jubernetes.controllermanager.workload.Labels;
import java.util.Collection;
import java.util.Comparator;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Which volumes fit which claims. Pure.
final class VolumeMatch {
    static final String BETA_CLASS = "volume.beta.kubernetes.io/storage-class";

    private VolumeMatch() {}

    /// A claim's storage class; empty when it has none, or is to have none.
    static String storageClass(PersistentVolumeClaim claim) {
        return Labels.annotation(claim, BETA_CLASS)
                .or(() -> Optional.ofNullable(claim.getSpec().getStorageClassName()))
                .orElse("");
    }

    static String storageClass(PersistentVolume volume) {
        return Labels.annotation(volume, BETA_CLASS)
                .or(() -> Optional.ofNullable(volume.getSpec().getStorageClassName()))
                .orElse("");
    }

    /// Whether the volume names the claim: by its uid, or for want of one by its name.
    static boolean isFor(PersistentVolume volume, PersistentVolumeClaim claim) {
        ObjectReference reference = volume.getSpec().getClaimRef();
        return reference != null
                && Objects.equals(reference.getName(), claim.getMetadata().getName())
                && Objects.equals(reference.getNamespace(), claim.getMetadata().getNamespace())
                && (isEmpty(reference.getUid())
                        || reference.getUid().equals(claim.getMetadata().getUid()));
    }

    /// The volume to bind to a claim that names none: one that is meant for it, else the smallest of those that fit.
    ///
    /// @param onlyMeant whether only one that is meant for it will do: its consumer decides where it is
    static Optional<PersistentVolume> best(
            PersistentVolumeClaim claim, Collection<PersistentVolume> volumes, boolean onlyMeant) {
        for (PersistentVolume volume : volumes) {
            if (isFor(volume, claim) && volume.getMetadata().getDeletionTimestamp() == null) {
                return sameMode(volume, claim) ? Optional.of(volume) : Optional.empty();
            }
        }
        if (onlyMeant) {
            return Optional.empty();
        }
        return volumes.stream()
                .filter(volume -> volume.getMetadata().getDeletionTimestamp() == null)
                .filter(volume -> volume.getSpec().getClaimRef() == null)
                .filter(volume -> volume.getStatus() != null
                        && "Available".equals(volume.getStatus().getPhase()))
                .filter(volume -> claim.getSpec().getSelector() == null
                        || LabelSelectors.matches(
                                claim.getSpec().getSelector(),
                                volume.getMetadata().getLabels()))
                .filter(volume -> mismatch(volume, claim).isEmpty())
                .filter(volume -> volume.getSpec()
                        .getAccessModes()
                        .containsAll(claim.getSpec().getAccessModes()))
                .min(Comparator.comparing(VolumeMatch::capacity)
                        .thenComparing(volume -> volume.getMetadata().getName()));
    }

    /// Why a volume does not satisfy a claim; empty when it does. Access modes are not looked at: who names a volume
    /// may know better.
    static Optional<String> mismatch(PersistentVolume volume, PersistentVolumeClaim claim) {
        if (asked(claim).compareTo(capacity(volume)) > 0) {
            return Optional.of("requested PV is too small");
        }
        if (!storageClass(volume).equals(storageClass(claim))) {
            return Optional.of("storageClassName does not match");
        }
        if (!Objects.requireNonNullElse(volume.getSpec().getVolumeAttributesClassName(), "")
                .equals(Objects.requireNonNullElse(claim.getSpec().getVolumeAttributesClassName(), ""))) {
            return Optional.of("volumeAttributesClassName does not match");
        }
        if (!sameMode(volume, claim)) {
            return Optional.of("incompatible volumeMode");
        }
        return volume.getSpec().getAccessModes().containsAll(claim.getSpec().getAccessModes())
                ? Optional.empty()
                : Optional.of("incompatible accessMode");
    }

    static boolean sameMode(PersistentVolume volume, PersistentVolumeClaim claim) {
        return Objects.requireNonNullElse(volume.getSpec().getVolumeMode(), "Filesystem")
                .equals(Objects.requireNonNullElse(claim.getSpec().getVolumeMode(), "Filesystem"));
    }

    static Quantity asked(PersistentVolumeClaim claim) {
        return claim.getSpec().getResources() == null
                ? Quantity.ZERO
                : storage(claim.getSpec().getResources().getRequests());
    }

    static Quantity capacity(PersistentVolume volume) {
        return storage(volume.getSpec().getCapacity());
    }

    static Quantity storage(@Nullable Map<String, io.fabric8.kubernetes.api.model.Quantity> amounts) {
        var amount = amounts == null ? null : amounts.get("storage");
        return amount == null ? Quantity.ZERO : Quantity.parse(amount.toString());
    }

    static boolean hasYes(HasMetadata object, String annotation) {
        return Labels.annotation(object, annotation).isPresent();
    }

    static boolean isEmpty(@Nullable String text) {
        return text == null || text.isEmpty();
    }
}
