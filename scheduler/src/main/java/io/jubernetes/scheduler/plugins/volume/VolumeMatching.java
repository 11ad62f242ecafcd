package io.jubernetes.scheduler.plugins.volume;

import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.TopologySelectorTerm;
import io.fabric8.kubernetes.api.model.storage.CSIDriver;
import io.fabric8.kubernetes.api.model.storage.CSIStorageCapacity;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import io.jubernetes.common.controller.Lister;
import io.jubernetes.common.meta.LabelSelectors;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.common.meta.Quantity;
import io.jubernetes.common.scheduling.NodeSelectors;
import io.jubernetes.scheduler.framework.Cluster;
import io.jubernetes.scheduler.framework.NodeInfo;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Decides which volumes claims without one would get on a node: one that is there, or one that its storage class
/// can provide there. Remembers the volumes promised to pods whose binding is under way.
final class VolumeMatching {
    static final String NO_PROVISIONER = "kubernetes.io/no-provisioner";
    static final String SELECTED_NODE = "volume.kubernetes.io/selected-node";

    /// What binding a pod to a node means for its claims.
    ///
    /// @param chosen the volume for each claim that gets one that is there
    /// @param provided the claims whose volumes are to be provided for the node
    record Plan(Map<ObjectKey, String> chosen, List<ObjectKey> provided) {}

    /// How it stands on one node: a plan, or why there is none.
    sealed interface Answer {
        record Possible(Plan plan) implements Answer {}

        record Nothing() implements Answer {}

        record NoSpace() implements Answer {}
    }

    private final Lister<PersistentVolume> volumes;
    private final Lister<StorageClass> classes;
    private final Lister<CSIDriver> drivers;
    private final Lister<CSIStorageCapacity> capacities;
    /// The claim that a volume is promised to.
    private final Map<String, ObjectKey> promised = new ConcurrentHashMap<>();

    VolumeMatching(Cluster cluster) {
        volumes = cluster.lister(PersistentVolume.class);
        classes = cluster.lister(StorageClass.class);
        drivers = cluster.lister(CSIDriver.class);
        capacities = cluster.lister(CSIStorageCapacity.class);
    }

    Optional<StorageClass> storageClass(PersistentVolumeClaim claim) {
        return classes.find(ObjectKey.of("", PodVolumes.storageClass(claim)));
    }

    Optional<PersistentVolume> volume(String name) {
        return volumes.find(ObjectKey.of("", name));
    }

    void promise(Plan plan) {
        plan.chosen().forEach((claim, volume) -> promised.put(volume, claim));
    }

    void release(Plan plan) {
        plan.chosen().forEach((claim, volume) -> promised.remove(volume, claim));
    }

    static boolean isUsableOn(PersistentVolume volume, NodeInfo node) {
        return volume.getSpec().getNodeAffinity() == null
                || volume.getSpec().getNodeAffinity().getRequired() == null
                || NodeSelectors.matches(volume.getSpec().getNodeAffinity().getRequired(), node.name(), node.labels());
    }

    /// The volumes that would do for a claim, were they usable on its node: those made for it first, then the
    /// smallest.
    List<PersistentVolume> suitable(PersistentVolumeClaim claim) {
        return volumes.all().stream()
                .filter(volume -> suits(volume, claim))
                .sorted(Comparator.<PersistentVolume, Boolean>comparing(
                                volume -> volume.getSpec().getClaimRef() == null)
                        .thenComparing(VolumeMatching::capacity))
                .toList();
    }

    /// @param suitable for each claim, from [#suitable]
    Answer plan(List<PersistentVolumeClaim> claims, Map<ObjectKey, List<PersistentVolume>> suitable, NodeInfo node) {
        Map<ObjectKey, String> chosen = new HashMap<>();
        // Those whose node was selected before are to be provided, and are looked at first.
        List<PersistentVolumeClaim> left = new ArrayList<>();
        for (PersistentVolumeClaim claim : claims) {
            String selected = PodVolumes.annotation(claim, SELECTED_NODE);
            if (selected != null) {
                if (!selected.equals(node.name())) {
                    return new Answer.Nothing();
                }
                left.add(claim);
            }
        }
        Set<String> taken = new HashSet<>();
        // The smallest claim first, so that it does not take the volume that only it would waste.
        claims.stream()
                .filter(claim -> !left.contains(claim))
                .sorted(Comparator.comparing(VolumeMatching::requested))
                .forEach(claim -> {
                    ObjectKey key = ObjectKey.of(claim);
                    Optional<String> match = match(suitable.getOrDefault(key, List.of()), taken, node);
                    match.ifPresentOrElse(name -> chosen.put(key, name), () -> left.add(claim));
                    match.ifPresent(taken::add);
                });
        return provide(left, chosen, node);
    }

    /// The first volume that nobody has and that can be used on the node. One that was made for the claim is waited
    /// for, wherever it is.
    private static Optional<String> match(List<PersistentVolume> suitable, Set<String> taken, NodeInfo node) {
        for (PersistentVolume volume : suitable) {
            String name = volume.getMetadata().getName();
            boolean usable = isUsableOn(volume, node);
            if (!taken.contains(name) && (usable || volume.getSpec().getClaimRef() != null)) {
                return usable ? Optional.of(name) : Optional.empty();
            }
        }
        return Optional.empty();
    }

    private Answer provide(List<PersistentVolumeClaim> claims, Map<ObjectKey, String> chosen, NodeInfo node) {
        List<ObjectKey> provided = new ArrayList<>();
        for (PersistentVolumeClaim claim : claims) {
            StorageClass provider = storageClass(claim).orElse(null);
            if (provider == null || !canProvide(provider, node)) {
                return new Answer.Nothing();
            }
            if (!hasSpace(provider, claim, node)) {
                return new Answer.NoSpace();
            }
            provided.add(ObjectKey.of(claim));
        }
        return new Answer.Possible(new Plan(Map.copyOf(chosen), List.copyOf(provided)));
    }

    private boolean suits(PersistentVolume volume, PersistentVolumeClaim claim) {
        ObjectKey key = ObjectKey.of(claim);
        ObjectKey promisedTo = promised.get(volume.getMetadata().getName());
        ObjectReference claimed = volume.getSpec().getClaimRef();
        if (promisedTo != null && !promisedTo.equals(key) || claimed != null && !isFor(claimed, claim)) {
            return false;
        }
        String phase = volume.getStatus() == null ? null : volume.getStatus().getPhase();
        return volume.getMetadata().getDeletionTimestamp() == null
                && capacity(volume).compareTo(requested(claim)) >= 0
                && mode(volume.getSpec().getVolumeMode())
                        .equals(mode(claim.getSpec().getVolumeMode()))
                && text(volume.getSpec().getStorageClassName()).equals(PodVolumes.storageClass(claim))
                && text(volume.getSpec().getVolumeAttributesClassName())
                        .equals(text(claim.getSpec().getVolumeAttributesClassName()))
                && (claimed != null || "Available".equals(phase) && isWanted(volume, claim));
    }

    /// What nobody checks of a volume that was made for the claim.
    private static boolean isWanted(PersistentVolume volume, PersistentVolumeClaim claim) {
        return volume.getSpec().getAccessModes().containsAll(claim.getSpec().getAccessModes())
                && (claim.getSpec().getSelector() == null
                        || LabelSelectors.matches(
                                claim.getSpec().getSelector(),
                                volume.getMetadata().getLabels()));
    }

    private static boolean isFor(ObjectReference reference, PersistentVolumeClaim claim) {
        return Objects.equals(reference.getName(), claim.getMetadata().getName())
                && Objects.equals(reference.getNamespace(), claim.getMetadata().getNamespace())
                && (text(reference.getUid()).isEmpty()
                        || reference.getUid().equals(claim.getMetadata().getUid()));
    }

    private static boolean canProvide(StorageClass provider, NodeInfo node) {
        if (provider.getProvisioner().isEmpty() || provider.getProvisioner().equals(NO_PROVISIONER)) {
            return false;
        }
        List<TopologySelectorTerm> terms = provider.getAllowedTopologies();
        return terms.isEmpty()
                || terms.stream()
                        .anyMatch(term -> term.getMatchLabelExpressions().stream()
                                .allMatch(wanted -> {
                                    String value = node.labels().get(wanted.getKey());
                                    return value != null && wanted.getValues().contains(value);
                                }));
    }

    /// Whether the driver, if it tells its capacities, has room near the node.
    private boolean hasSpace(StorageClass provider, PersistentVolumeClaim claim, NodeInfo node) {
        boolean tells = drivers.find(ObjectKey.of("", provider.getProvisioner()))
                .map(driver -> Boolean.TRUE.equals(driver.getSpec().getStorageCapacity()))
                .orElse(false);
        if (!tells) {
            return true;
        }
        Quantity wanted = requested(claim);
        return capacities.all().stream()
                .filter(capacity -> provider.getMetadata().getName().equals(capacity.getStorageClassName()))
                .filter(capacity -> LabelSelectors.matches(capacity.getNodeTopology(), node.labels()))
                .anyMatch(capacity -> isEnough(capacity, wanted));
    }

    private static boolean isEnough(CSIStorageCapacity capacity, Quantity wanted) {
        var limit = capacity.getMaximumVolumeSize() == null ? capacity.getCapacity() : capacity.getMaximumVolumeSize();
        return limit != null && quantity(limit).compareTo(wanted) >= 0;
    }

    private static Quantity capacity(PersistentVolume volume) {
        return quantity(
                volume.getSpec().getCapacity() == null
                        ? null
                        : volume.getSpec().getCapacity().get("storage"));
    }

    private static Quantity requested(PersistentVolumeClaim claim) {
        var resources = claim.getSpec().getResources();
        return quantity(
                resources == null || resources.getRequests() == null
                        ? null
                        : resources.getRequests().get("storage"));
    }

    private static Quantity quantity(io.fabric8.kubernetes.api.model.@Nullable Quantity quantity) {
        return quantity == null
                ? Quantity.ZERO
                : Quantity.tryParse(quantity.toString()).orElse(Quantity.ZERO);
    }

    private static String mode(@Nullable String mode) {
        return mode == null || mode.isEmpty() ? "Filesystem" : mode;
    }

    private static String text(@Nullable String text) {
        return text == null ? "" : text;
    }
}
