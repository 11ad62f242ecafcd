package io.jubernetes.controllermanager.volumebinder;

import io.fabric8.kubernetes.api.model.NodeSelectorRequirement;
import io.fabric8.kubernetes.api.model.NodeSelectorTermBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import io.jubernetes.controllermanager.workload.Labels;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The built-in provisioner: a volume is a directory on the node its first pod goes to, below one directory that is
/// the same on all nodes. The kubelet makes it when it is first used. It is deleted with the volume where it is on
/// this machine; on others it stays, and an event says so.
final class LocalPath {
    /// The provisioner's name in storage classes.
    static final String NAME = "jubernetes.io/local-path";

    private static final String NODE_NAME = "kubernetes.io/hostname";

    private final Path root;

    LocalPath(Path root) {
        this.root = root;
    }

    /// The volume for a claim.
    ///
    /// @param node where it is to be; null for wherever it is used first, which is right when nodes share a disk
    /// @throws IllegalArgumentException when such a volume cannot be made; the message is for users
    PersistentVolume volume(PersistentVolumeClaim claim, StorageClass storageClass, @Nullable String node) {
        if ("Block".equals(claim.getSpec().getVolumeMode())) {
            throw new IllegalArgumentException("a directory cannot be a volume of mode Block");
        }
        if (claim.getSpec().getSelector() != null) {
            throw new IllegalArgumentException("claim.Spec.Selector is not supported for dynamic provisioning");
        }
        String name = name(claim);
        var spec = new PersistentVolumeBuilder()
                .withNewMetadata()
                .withName(name)
                .withAnnotations(Map.of(VolumeDecision.PROVISIONED_BY, NAME, ClaimDecision.BOUND_BY_CONTROLLER, "yes"))
                .endMetadata()
                .withNewSpec()
                .withStorageClassName(VolumeMatch.storageClass(claim))
                .withPersistentVolumeReclaimPolicy(
                        storageClass.getReclaimPolicy() == null ? "Delete" : storageClass.getReclaimPolicy())
                .withMountOptions(storageClass.getMountOptions())
                .withAccessModes(claim.getSpec().getAccessModes())
                .withVolumeMode("Filesystem")
                .withCapacity(Map.of(
                        "storage",
                        io.fabric8.kubernetes.api.model.Quantity.parse(
                                VolumeMatch.asked(claim).toString())))
                .withNewHostPath(directory(claim, name).toString(), "DirectoryOrCreate")
                .withNewClaimRef()
                .withApiVersion("v1")
                .withKind("PersistentVolumeClaim")
                .withNamespace(claim.getMetadata().getNamespace())
                .withName(claim.getMetadata().getName())
                .withUid(claim.getMetadata().getUid())
                .endClaimRef();
        if (node != null) {
            spec.withNewNodeAffinity()
                    .withNewRequired()
                    .withNodeSelectorTerms(new NodeSelectorTermBuilder()
                            .withMatchExpressions(new NodeSelectorRequirement(NODE_NAME, "In", List.of(node)))
                            .build())
                    .endRequired()
                    .endNodeAffinity();
        }
        return spec.endSpec().build();
    }

    static String name(PersistentVolumeClaim claim) {
        return "pvc-" + claim.getMetadata().getUid();
    }

    private Path directory(PersistentVolumeClaim claim, String name) {
        return root.resolve(name + "_" + claim.getMetadata().getNamespace() + "_"
                + claim.getMetadata().getName());
    }

    static boolean isOurs(PersistentVolume volume) {
        return Labels.annotation(volume, VolumeDecision.PROVISIONED_BY)
                .filter(NAME::equals)
                .isPresent();
    }

    /// Deletes a volume's directory.
    ///
    /// @return false when it is not on this machine, or was never used
    /// @throws IOException when it cannot be deleted
    boolean delete(PersistentVolume volume) throws IOException {
        if (volume.getSpec().getHostPath() == null) {
            return false;
        }
        Path directory = Path.of(volume.getSpec().getHostPath().getPath()).normalize();
        // The path stands in an object that others may write: only what is ours is deleted.
        if (!root.normalize().equals(directory.getParent()) || !Files.isDirectory(directory)) {
            return false;
        }
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path each, @Nullable IOException failure) throws IOException {
                if (failure != null) {
                    throw failure;
                }
                Files.delete(each);
                return FileVisitResult.CONTINUE;
            }
        });
        return true;
    }
}
