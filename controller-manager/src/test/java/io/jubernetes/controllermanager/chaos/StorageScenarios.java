package io.jubernetes.controllermanager.chaos;

import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.storage.VolumeAttachment;
import io.fabric8.kubernetes.api.model.storage.VolumeAttributesClass;
import io.jubernetes.controllermanager.testing.Stage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Volumes, claims and what holds them.
final class StorageScenarios {
    private static final String VOLUME = """
            apiVersion: v1
            kind: PersistentVolume
            metadata: {name: NAME-v}
            spec:
              capacity: {storage: 1Gi}
              accessModes: [ReadWriteOnce]
              persistentVolumeReclaimPolicy: Retain
              storageClassName: NAME
              hostPath: {path: /tmp/nowhere}
            """;
    private static final String CLAIM = """
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: it}
            spec:
              accessModes: [ReadWriteOnce]
              storageClassName: "NAME"
              resources: {requests: {storage: 1Gi}}
            """;
    private static final String CLASS = """
            apiVersion: storage.k8s.io/v1
            kind: StorageClass
            metadata: {name: "NAME"}
            provisioner: jubernetes.io/local-path
            allowVolumeExpansion: true
            """;
    private static final String BINDER = "persistentvolume-binder-controller";

    private StorageScenarios() {}

    static List<Scenario> all() {
        return List.of(
                Scenario.of(BINDER, "v1/persistentvolumes v1/persistentvolumeclaims", StorageScenarios::bind)
                        .with("--controllers=persistentvolumeclaim-protection-controller," + BINDER),
                Scenario.of(
                                "persistentvolume-expander-controller",
                                "v1/persistentvolumes v1/persistentvolumeclaims",
                                StorageScenarios::expand)
                        .with("--controllers=persistentvolume-expander-controller," + BINDER),
                Scenario.of(
                        "persistentvolume-attach-detach-controller",
                        "storage.k8s.io/v1/volumeattachments",
                        StorageScenarios::attach),
                Scenario.of(
                        "persistentvolumeclaim-protection-controller",
                        "v1/persistentvolumeclaims",
                        StorageScenarios::protectClaim),
                Scenario.of("persistentvolume-protection-controller", "v1/persistentvolumes", stage -> {
                    stage.create(VOLUME);
                    stage.await(
                            "the finalizer",
                            () -> !volume(stage).getMetadata().getFinalizers().isEmpty());
                    stage.client()
                            .persistentVolumes()
                            .withName(stage.name() + "-v")
                            .delete();
                    stage.await("its end", () -> volume(stage) == null);
                }),
                Scenario.of(
                        "volumeattributesclass-protection-controller",
                        "storage.k8s.io/v1/volumeattributesclasses",
                        StorageScenarios::protectClass),
                Scenario.of("ephemeral-volume-controller", "v1/persistentvolumeclaims", stage -> {
                    for (String pod : List.of("a", "b", "c")) {
                        stage.create(Manifests.pod(
                                pod,
                                "volumes: [{name: v, ephemeral: {volumeClaimTemplate: {spec: {accessModes:"
                                        + " [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}}}]"));
                    }
                    stage.await(
                            "a claim for each",
                            () -> stage.all(PersistentVolumeClaim.class).size() == 3);
                }));
    }

    private static @Nullable PersistentVolume volume(Stage stage) {
        return stage.client().persistentVolumes().withName(stage.name() + "-v").get();
    }

    private static @Nullable PersistentVolumeClaim claim(Stage stage) {
        return stage.client()
                .persistentVolumeClaims()
                .inNamespace(stage.name())
                .withName("it")
                .get();
    }

    private static void bind(Stage stage) {
        stage.create(VOLUME);
        stage.create(CLAIM);
        stage.await("the bond", () -> claim(stage).getStatus().getPhase().equals("Bound"));
        stage.client()
                .persistentVolumeClaims()
                .inNamespace(stage.name())
                .withName("it")
                .delete();
        stage.await("the release", () -> volume(stage).getStatus().getPhase().equals("Released"));
    }

    private static void expand(Stage stage) {
        stage.create(CLASS);
        stage.create(CLAIM);
        stage.await("the bond", () -> claim(stage).getStatus().getPhase().equals("Bound"));
        stage.patch(
                "/api/v1/namespaces/" + stage.name() + "/persistentvolumeclaims/it",
                "[{\"op\":\"replace\",\"path\":\"/spec/resources/requests/storage\",\"value\":\"3Gi\"}]");
        stage.await(
                "the new size",
                () -> claim(stage)
                        .getStatus()
                        .getCapacity()
                        .get("storage")
                        .toString()
                        .equals("3Gi"));
    }

    private static void attach(Stage stage) {
        stage.create(Manifests.node("NAME-a"));
        stage.create(VOLUME.replace(
                "hostPath: {path: /tmp/nowhere}", "csi: {driver: driver.example.com, volumeHandle: NAME}"));
        stage.create(CLAIM.replace("resources:", "volumeName: NAME-v\n  resources:"));
        stage.create(Manifests.pod(
                "it", "nodeName: NAME-a", "volumes: [{name: v, persistentVolumeClaim: {claimName: it}}]"));
        stage.await("the attachment", () -> !attachments(stage).isEmpty());
    }

    private static List<VolumeAttachment> attachments(Stage stage) {
        return stage.client().resources(VolumeAttachment.class).list().getItems().stream()
                .filter(each -> each.getSpec().getNodeName().startsWith(stage.name()))
                .toList();
    }

    private static void protectClaim(Stage stage) {
        stage.create(CLAIM);
        stage.create(Manifests.pod(
                "it", "nodeName: NAME-a", "volumes: [{name: v, persistentVolumeClaim: {claimName: it}}]"));
        stage.await(
                "the finalizer",
                () -> !claim(stage).getMetadata().getFinalizers().isEmpty());
        stage.client()
                .persistentVolumeClaims()
                .inNamespace(stage.name())
                .withName("it")
                .delete();
        stage.awaitIdle();
        stage.await("it is held", () -> claim(stage).getMetadata().getDeletionTimestamp() != null);
        stage.delete("/api/v1/namespaces/" + stage.name() + "/pods/it?gracePeriodSeconds=0", "Background");
        stage.await("its end", () -> claim(stage) == null);
    }

    private static void protectClass(Stage stage) {
        stage.create("""
                apiVersion: storage.k8s.io/v1
                kind: VolumeAttributesClass
                metadata: {name: "NAME"}
                driverName: driver.example.com
                parameters: {a: b}
                """);
        var resource = stage.client().resources(VolumeAttributesClass.class).withName(stage.name());
        stage.await(
                "the finalizer",
                () -> !resource.get().getMetadata().getFinalizers().isEmpty());
        resource.delete();
        stage.await("its end", () -> resource.get() == null);
    }
}
