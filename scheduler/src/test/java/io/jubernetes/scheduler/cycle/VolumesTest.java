package io.jubernetes.scheduler.cycle;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NodeSelectorRequirement;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.TopologySelectorTermBuilder;
import io.fabric8.kubernetes.api.model.storage.CSIDriverBuilder;
import io.fabric8.kubernetes.api.model.storage.CSINodeBuilder;
import io.fabric8.kubernetes.api.model.storage.CSIStorageCapacityBuilder;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import io.fabric8.kubernetes.api.model.storage.StorageClassBuilder;
import io.jubernetes.scheduler.TestObjects;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Where a pod with the claim `data` goes, on nodes a (zone 1) and b (zone 2).
class VolumesTest {
    private static final String ZONE = "topology.kubernetes.io/zone";

    record Case(String name, List<HasMetadata> objects, List<Pod> there, String expected) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static StorageClass storageClass(String provisioner, String mode) {
        return new StorageClassBuilder()
                .withNewMetadata()
                .withName("fast")
                .endMetadata()
                .withProvisioner(provisioner)
                .withVolumeBindingMode(mode)
                .build();
    }

    private static StorageClass local() {
        return storageClass("kubernetes.io/no-provisioner", "WaitForFirstConsumer");
    }

    private static StorageClass csi() {
        return storageClass("csi.example.com", "WaitForFirstConsumer");
    }

    private static PersistentVolumeClaim claim(UnaryOperator<PersistentVolumeClaimBuilder> change) {
        return change.apply(new PersistentVolumeClaimBuilder()
                        .withNewMetadata()
                        .withNamespace("default")
                        .withName("data")
                        .withUid("uid-data")
                        .endMetadata()
                        .withNewSpec()
                        .withStorageClassName("fast")
                        .withAccessModes("ReadWriteOnce")
                        .withNewResources()
                        .withRequests(Map.of("storage", new Quantity("5Gi")))
                        .endResources()
                        .endSpec()
                        .withNewStatus()
                        .withPhase("Pending")
                        .endStatus())
                .build();
    }

    private static PersistentVolumeClaim bound(String... modes) {
        return claim(claim -> claim.editMetadata()
                .addToAnnotations("pv.kubernetes.io/bind-completed", "yes")
                .endMetadata()
                .editSpec()
                .withVolumeName("pv")
                .withAccessModes(modes)
                .endSpec());
    }

    private static PersistentVolume volume(
            String name, String size, String node, UnaryOperator<PersistentVolumeBuilder> change) {
        return change.apply(new PersistentVolumeBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .endMetadata()
                        .withNewSpec()
                        .withCapacity(Map.of("storage", new Quantity(size)))
                        .withAccessModes("ReadWriteOnce")
                        .withStorageClassName("fast")
                        .withNewNodeAffinity()
                        .withNewRequired()
                        .addNewNodeSelectorTerm()
                        .withMatchExpressions(
                                new NodeSelectorRequirement("kubernetes.io/hostname", "In", List.of(node)))
                        .endNodeSelectorTerm()
                        .endRequired()
                        .endNodeAffinity()
                        .endSpec()
                        .withNewStatus()
                        .withPhase("Available")
                        .endStatus())
                .build();
    }

    private static PersistentVolume anywhere(UnaryOperator<PersistentVolumeBuilder> change) {
        return volume(
                "pv",
                "5Gi",
                "a",
                pv -> change.apply(pv.editSpec().withNodeAffinity(null).endSpec()));
    }

    private static Pod user(String name) {
        return TestObjects.pod(name, "100m", "1Mi")
                .editSpec()
                .addNewVolume()
                .withName("v")
                .withNewPersistentVolumeClaim()
                .withClaimName("data")
                .endPersistentVolumeClaim()
                .endVolume()
                .endSpec()
                .build();
    }

    private static Pod userOn(String node) {
        return user("other").toBuilder().editSpec().withNodeName(node).endSpec().build();
    }

    private static String none(String reason) {
        return "0/2 nodes are available: " + reason + ".";
    }

    static Stream<Case> cases() {
        return Stream.of(
                new Case("no claim", List.of(), List.of(), none("persistentvolumeclaim \"data\" not found")),
                new Case(
                        "a claim that is going",
                        List.of(claim(claim -> claim.editMetadata()
                                .withDeletionTimestamp("2026-01-01T00:00:00Z")
                                .endMetadata())),
                        List.of(),
                        none("persistentvolumeclaim \"data\" is being deleted")),
                new Case(
                        "a claim that lost its volume",
                        List.of(claim(claim -> claim.editSpec()
                                .withVolumeName("pv")
                                .endSpec()
                                .editStatus()
                                .withPhase("Lost")
                                .endStatus())),
                        List.of(),
                        none("persistentvolumeclaim \"data\" bound to non-existent persistentvolume \"pv\"")),
                new Case(
                        "a claim that is bound without the pod",
                        List.of(claim(claim -> claim), storageClass("csi.example.com", "Immediate")),
                        List.of(),
                        none("pod has unbound immediate PersistentVolumeClaims")),
                new Case(
                        "a bound volume of one node",
                        List.of(bound("ReadWriteOnce"), volume("pv", "5Gi", "b", pv -> pv)),
                        List.of(),
                        "-> b"),
                new Case(
                        "a bound volume of no node",
                        List.of(bound("ReadWriteOnce"), volume("pv", "5Gi", "c", pv -> pv)),
                        List.of(),
                        none("2 node(s) didn't match PersistentVolume's node affinity")),
                new Case(
                        "a bound volume that is gone",
                        List.of(bound("ReadWriteOnce")),
                        List.of(),
                        none("persistentvolume \"pv\" not found")),
                new Case(
                        "a volume made for the claim where no node is, and another that is free",
                        List.of(
                                claim(claim -> claim),
                                local(),
                                volume(
                                        "meant",
                                        "6Gi",
                                        "c",
                                        pv -> pv.editSpec()
                                                .withNewClaimRef()
                                                .withNamespace("default")
                                                .withName("data")
                                                .endClaimRef()
                                                .endSpec()),
                                volume("free", "6Gi", "a", pv -> pv)),
                        List.of(),
                        none("2 node(s) didn't find available persistent volumes to bind")),
                new Case(
                        "a free local volume",
                        List.of(claim(claim -> claim), local(), volume("pv", "6Gi", "b", pv -> pv)),
                        List.of(),
                        "-> b"),
                new Case(
                        "a free local volume that is too small",
                        List.of(claim(claim -> claim), local(), volume("pv", "4Gi", "b", pv -> pv)),
                        List.of(),
                        none("2 node(s) didn't find available persistent volumes to bind")),
                new Case(
                        "a local volume of another's",
                        List.of(
                                claim(claim -> claim),
                                local(),
                                volume(
                                        "pv",
                                        "5Gi",
                                        "b",
                                        pv -> pv.editSpec()
                                                .withNewClaimRef()
                                                .withNamespace("default")
                                                .withName("other")
                                                .endClaimRef()
                                                .endSpec())),
                        List.of(),
                        none("2 node(s) didn't find available persistent volumes to bind")),
                new Case(
                        "a volume that can be made in one zone",
                        List.of(
                                claim(claim -> claim),
                                csi().toBuilder()
                                        .withAllowedTopologies(new TopologySelectorTermBuilder()
                                                .addNewMatchLabelExpression()
                                                .withKey(ZONE)
                                                .withValues("2")
                                                .endMatchLabelExpression()
                                                .build())
                                        .build()),
                        List.of(),
                        "-> b"),
                new Case(
                        "a claim that is promised to a node",
                        List.of(
                                claim(claim -> claim.editMetadata()
                                        .addToAnnotations("volume.kubernetes.io/selected-node", "a")
                                        .endMetadata()),
                                csi()),
                        List.of(),
                        "-> a"),
                new Case(
                        "a driver with space in one zone",
                        List.of(
                                claim(claim -> claim),
                                csi(),
                                new CSIDriverBuilder()
                                        .withNewMetadata()
                                        .withName("csi.example.com")
                                        .endMetadata()
                                        .withNewSpec()
                                        .withStorageCapacity(true)
                                        .endSpec()
                                        .build(),
                                new CSIStorageCapacityBuilder()
                                        .withNewMetadata()
                                        .withName("c")
                                        .endMetadata()
                                        .withStorageClassName("fast")
                                        .withCapacity(new Quantity("10Gi"))
                                        .withNewNodeTopology()
                                        .addToMatchLabels(ZONE, "1")
                                        .endNodeTopology()
                                        .build()),
                        List.of(),
                        "-> a"),
                new Case(
                        "a driver without space",
                        List.of(
                                claim(claim -> claim),
                                csi(),
                                new CSIDriverBuilder()
                                        .withNewMetadata()
                                        .withName("csi.example.com")
                                        .endMetadata()
                                        .withNewSpec()
                                        .withStorageCapacity(true)
                                        .endSpec()
                                        .build()),
                        List.of(),
                        none("2 node(s) did not have enough free storage")),
                new Case(
                        "a volume of one zone",
                        List.of(
                                bound("ReadWriteOnce"),
                                anywhere(pv -> pv.editMetadata()
                                        .addToLabels(ZONE, "2__3")
                                        .endMetadata())),
                        List.of(),
                        "-> b"),
                new Case(
                        "a volume of another zone",
                        List.of(
                                bound("ReadWriteOnce"),
                                anywhere(pv -> pv.editMetadata()
                                        .addToLabels("failure-domain.beta.kubernetes.io/zone", "9")
                                        .endMetadata())),
                        List.of(),
                        none("2 node(s) had no available volume zone")),
                new Case(
                        "a claim for one pod that has one",
                        List.of(bound("ReadWriteOncePod"), anywhere(pv -> pv)),
                        List.of(userOn("a")),
                        none("2 node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access"
                                + " mode")),
                new Case(
                        "a node whose driver is full",
                        List.of(
                                bound("ReadWriteOnce"),
                                anywhere(pv -> pv.editSpec()
                                        .withNewCsi()
                                        .withDriver("csi.example.com")
                                        .withVolumeHandle("h")
                                        .endCsi()
                                        .endSpec()),
                                new CSINodeBuilder()
                                        .withNewMetadata()
                                        .withName("a")
                                        .endMetadata()
                                        .withNewSpec()
                                        .addNewDriver()
                                        .withName("csi.example.com")
                                        .withNewAllocatable(0)
                                        .endDriver()
                                        .endSpec()
                                        .build()),
                        List.of(),
                        "-> b"));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void decides(Case c) {
        try (var world = new World(1)) {
            for (String name : List.of("a", "b")) {
                world.with(TestObjects.node(name, "4", "8Gi")
                        .editMetadata()
                        .addToLabels(ZONE, name.equals("a") ? "1" : "2")
                        .endMetadata()
                        .build());
            }
            c.objects().forEach(world.cluster::put);
            c.there().forEach(world::with);
            assertThat(world.decide(user("p"))).isEqualTo(c.expected());
        }
    }
}
