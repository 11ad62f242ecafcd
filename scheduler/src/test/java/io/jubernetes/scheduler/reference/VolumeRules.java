package io.jubernetes.scheduler.reference;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.storage.CSINode;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import io.fabric8.kubernetes.api.model.storage.VolumeAttachment;
import io.jubernetes.common.scheduling.NodeSelectors;
import io.jubernetes.scheduler.framework.Verdict;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/// VolumeRestrictions, NodeVolumeLimits, VolumeBinding and VolumeZone. Of the disks that only one node can have,
/// those of Google stand for all.
final class VolumeRules implements Rules {
    private static final String ZONE = "topology.kubernetes.io/zone";
    private static final String BOUND = "pv.kubernetes.io/bind-completed";

    private static List<String> claimNames(Pod pod) {
        return pod.getSpec().getVolumes().stream()
                .filter(volume -> volume.getPersistentVolumeClaim() != null)
                .map(volume -> volume.getPersistentVolumeClaim().getClaimName())
                .distinct()
                .toList();
    }

    private static List<PersistentVolumeClaim> claims(Picture picture, Pod pod) {
        return claimNames(pod).stream()
                .flatMap(name -> picture.find(PersistentVolumeClaim.class, Picture.namespace(pod), name).stream())
                .toList();
    }

    private static boolean isBound(PersistentVolumeClaim claim) {
        return claim.getSpec().getVolumeName() != null
                && claim.getMetadata().getAnnotations().containsKey(BOUND);
    }

    private static Optional<PersistentVolume> volume(Picture picture, PersistentVolumeClaim claim) {
        return Optional.ofNullable(claim.getSpec().getVolumeName())
                .flatMap(name -> picture.find(PersistentVolume.class, "", name));
    }

    private static StorageClass storageClass(Picture picture, PersistentVolumeClaim claim) {
        return picture.find(StorageClass.class, "", claim.getSpec().getStorageClassName())
                .orElseThrow();
    }

    @Override
    public Optional<String> rejects(Picture picture, Pod pod) {
        for (String name : claimNames(pod)) {
            if (picture.find(PersistentVolumeClaim.class, Picture.namespace(pod), name)
                    .isEmpty()) {
                return Optional.of("persistentvolumeclaim \"" + name + "\" not found");
            }
        }
        List<PersistentVolumeClaim> claims = claims(picture, pod);
        for (PersistentVolumeClaim claim : claims) {
            boolean waits =
                    "WaitForFirstConsumer".equals(storageClass(picture, claim).getVolumeBindingMode());
            if (!isBound(claim) && (claim.getSpec().getVolumeName() != null || !waits)) {
                return Optional.of("pod has unbound immediate PersistentVolumeClaims");
            }
        }
        for (PersistentVolumeClaim claim : claims) {
            if (isBound(claim) && volume(picture, claim).isEmpty()) {
                return Optional.of("persistentvolume \"" + claim.getSpec().getVolumeName() + "\" not found");
            }
        }
        return Optional.empty();
    }

    @Override
    public Verdict filter(Picture picture, Pod pod, Node node) {
        for (Pod other : picture.on(node)) {
            if (shareDisk(pod, other)) {
                return Verdict.notNow("node(s) had no available disk");
            }
        }
        boolean taken = claims(picture, pod).stream()
                .filter(claim -> claim.getSpec().getAccessModes().contains("ReadWriteOncePod"))
                .anyMatch(claim -> picture.placed.stream()
                        .anyMatch(other -> Picture.namespace(other).equals(Picture.namespace(pod))
                                && claimNames(other).contains(Picture.name(claim))));
        if (taken) {
            return Verdict.notNow("node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod"
                    + " access mode");
        }
        if (exceedsLimit(picture, pod, node)) {
            return Verdict.notNow("node(s) exceed max volume count");
        }
        List<String> reasons = new ArrayList<>();
        boolean reachable = claims(picture, pod).stream()
                .flatMap(claim -> volume(picture, claim).stream())
                .allMatch(volume -> isUsableOn(volume, node));
        if (!reachable) {
            reasons.add("node(s) didn't match PersistentVolume's node affinity");
        }
        if (plan(picture, pod, node).isEmpty()) {
            reasons.add("node(s) didn't find available persistent volumes to bind");
        }
        if (!reasons.isEmpty()) {
            return new Verdict.Never(reasons);
        }
        return claims(picture, pod).stream()
                        .flatMap(claim -> volume(picture, claim).stream())
                        .allMatch(volume -> isInZone(volume, node))
                ? Verdict.FITS
                : Verdict.never("node(s) had no available volume zone");
    }

    private static boolean shareDisk(Pod pod, Pod other) {
        return pod.getSpec().getVolumes().stream()
                .map(Volume::getGcePersistentDisk)
                .filter(Objects::nonNull)
                .anyMatch(disk -> other.getSpec().getVolumes().stream()
                        .map(Volume::getGcePersistentDisk)
                        .filter(Objects::nonNull)
                        .anyMatch(there -> there.getPdName().equals(disk.getPdName())
                                && !(there.getReadOnly() && disk.getReadOnly())));
    }

    private static boolean exceedsLimit(Picture picture, Pod pod, Node node) {
        Integer limit = picture.find(CSINode.class, "", Picture.name(node))
                .map(csi ->
                        csi.getSpec().getDrivers().getFirst().getAllocatable().getCount())
                .orElse(null);
        Set<String> attached = new HashSet<>();
        picture.on(node).forEach(other -> attached.addAll(handles(picture, other)));
        for (VolumeAttachment attachment : picture.all(VolumeAttachment.class)) {
            if (attachment.getSpec().getNodeName().equals(Picture.name(node))) {
                picture.find(
                                PersistentVolume.class,
                                "",
                                attachment.getSpec().getSource().getPersistentVolumeName())
                        .ifPresent(
                                volume -> attached.add(volume.getSpec().getCsi().getVolumeHandle()));
            }
        }
        Set<String> wanted = handles(picture, pod);
        wanted.removeAll(attached);
        return limit != null && !wanted.isEmpty() && attached.size() + wanted.size() > limit;
    }

    /// The pod's volumes of the one CSI driver; those to come go by their claims.
    private static Set<String> handles(Picture picture, Pod pod) {
        Set<String> handles = new HashSet<>();
        for (PersistentVolumeClaim claim : claims(picture, pod)) {
            Optional<PersistentVolume> volume = volume(picture, claim);
            if (volume.isPresent()) {
                volume.map(found -> found.getSpec().getCsi()).ifPresent(csi -> handles.add(csi.getVolumeHandle()));
            } else if (provides(storageClass(picture, claim))) {
                handles.add("of claim " + Picture.namespace(claim) + "/" + Picture.name(claim));
            }
        }
        return handles;
    }

    private static boolean provides(StorageClass storageClass) {
        return !storageClass.getProvisioner().equals("kubernetes.io/no-provisioner");
    }

    private static boolean isUsableOn(PersistentVolume volume, Node node) {
        return volume.getSpec().getNodeAffinity() == null
                || NodeSelectors.matches(
                        volume.getSpec().getNodeAffinity().getRequired(), Picture.name(node), Picture.labels(node));
    }

    private static boolean isInZone(PersistentVolume volume, Node node) {
        String zone = Picture.labels(volume).get(ZONE);
        return zone == null
                || !Picture.labels(node).containsKey(ZONE)
                || List.of(zone.split("__")).contains(Picture.labels(node).get(ZONE));
    }

    private static BigDecimal size(Map<String, Quantity> amounts) {
        return Objects.requireNonNull(amounts.get("storage")).getNumericalAmount();
    }

    private static BigDecimal wantedSize(PersistentVolumeClaim claim) {
        return size(claim.getSpec().getResources().getRequests());
    }

    /// The volume that each claim without one would get on a node; a claim that maps to none has its volume provided.
    /// Empty when there is no way.
    private static Optional<Map<PersistentVolumeClaim, Optional<PersistentVolume>>> plan(
            Picture picture, Pod pod, Node node) {
        Map<PersistentVolumeClaim, Optional<PersistentVolume>> plan = new LinkedHashMap<>();
        List<PersistentVolumeClaim> unbound = claims(picture, pod).stream()
                .filter(claim -> !isBound(claim))
                .sorted(Comparator.comparing(VolumeRules::wantedSize))
                .toList();
        for (PersistentVolumeClaim claim : unbound) {
            List<PersistentVolume> large = picture.all(PersistentVolume.class).stream()
                    .filter(volume -> !plan.containsValue(Optional.of(volume)))
                    .filter(volume -> volume.getSpec()
                            .getStorageClassName()
                            .equals(claim.getSpec().getStorageClassName()))
                    .filter(volume -> size(volume.getSpec().getCapacity()).compareTo(wantedSize(claim)) >= 0)
                    .toList();
            Optional<PersistentVolume> meant =
                    large.stream().filter(volume -> isMeantFor(volume, claim)).findFirst();
            Optional<PersistentVolume> match = meant.isPresent()
                    ? meant.filter(volume -> isUsableOn(volume, node))
                    : large.stream()
                            .filter(volume -> volume.getSpec().getClaimRef() == null)
                            .filter(volume -> volume.getSpec()
                                    .getAccessModes()
                                    .containsAll(claim.getSpec().getAccessModes()))
                            .filter(volume -> isUsableOn(volume, node))
                            .min(Comparator.comparing(
                                    volume -> size(volume.getSpec().getCapacity())));
            if (match.isEmpty() && !canProvide(storageClass(picture, claim), node)) {
                return Optional.empty();
            }
            plan.put(claim, match);
        }
        return Optional.of(plan);
    }

    /// Whether somebody made the volume for this claim.
    private static boolean isMeantFor(PersistentVolume volume, PersistentVolumeClaim claim) {
        var reference = volume.getSpec().getClaimRef();
        return reference != null
                && reference.getNamespace().equals(Picture.namespace(claim))
                && reference.getName().equals(Picture.name(claim));
    }

    private static boolean canProvide(StorageClass storageClass, Node node) {
        return provides(storageClass)
                && (storageClass.getAllowedTopologies().isEmpty()
                        || storageClass.getAllowedTopologies().stream()
                                .anyMatch(term -> term.getMatchLabelExpressions().stream()
                                        .allMatch(wanted -> wanted.getValues()
                                                .contains(
                                                        Picture.labels(node).getOrDefault(wanted.getKey(), "none")))));
    }

    /// Does what the volume controllers do when a pod gets its node.
    static void bind(Picture picture, Pod pod, Node node) {
        plan(picture, pod, node).orElseThrow().forEach((claim, match) -> {
            PersistentVolume volume = match.orElseGet(() -> new PersistentVolumeBuilder()
                    .withNewMetadata()
                    .withName("pv-" + Picture.name(claim))
                    .endMetadata()
                    .withNewSpec()
                    .withCapacity(claim.getSpec().getResources().getRequests())
                    .withStorageClassName(claim.getSpec().getStorageClassName())
                    .withAccessModes(claim.getSpec().getAccessModes())
                    .withNewCsi()
                    .withDriver("csi.example.com")
                    .withVolumeHandle("provided-" + Picture.name(claim))
                    .endCsi()
                    .endSpec()
                    .withNewStatus()
                    .endStatus()
                    .build());
            picture.objects.put(
                    volume.edit()
                            .editSpec()
                            .withClaimRef(new ObjectReferenceBuilder()
                                    .withNamespace(Picture.namespace(claim))
                                    .withName(Picture.name(claim))
                                    .withUid(claim.getMetadata().getUid())
                                    .build())
                            .endSpec()
                            .editStatus()
                            .withPhase("Bound")
                            .endStatus()
                            .build(),
                    claim.edit()
                            .editMetadata()
                            .addToAnnotations(BOUND, "yes")
                            .endMetadata()
                            .editSpec()
                            .withVolumeName(Picture.name(volume))
                            .endSpec()
                            .build());
        });
    }
}
