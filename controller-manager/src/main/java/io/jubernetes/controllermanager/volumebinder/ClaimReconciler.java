package io.jubernetes.controllermanager.volumebinder;

import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.controller.EventRecorder;
import io.jubernetes.common.controller.Failures;
import io.jubernetes.common.controller.Lister;
import io.jubernetes.common.controller.Reconciler;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.common.time.Deadline;
import io.jubernetes.controllermanager.ControllerContext;
import io.jubernetes.controllermanager.workload.Labels;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Carries out what is decided about claims.
final class ClaimReconciler implements Reconciler {
    private static final String DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class";
    private static final String PROVISIONER = "volume.kubernetes.io/storage-provisioner";
    private static final String BETA_PROVISIONER = "volume.beta.kubernetes.io/storage-provisioner";
    private static final Duration CACHE_LAG = Duration.ofMillis(20);
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(15);

    private final ControllerContext context;
    private final Lister<PersistentVolumeClaim> claims;
    private final Lister<PersistentVolume> volumes;
    private final Lister<StorageClass> classes;
    private final Binder binder;
    private final LocalPath localPath;
    private final EventRecorder events;

    ClaimReconciler(
            ControllerContext context,
            Lister<PersistentVolumeClaim> claims,
            Lister<PersistentVolume> volumes,
            Lister<StorageClass> classes,
            Binder binder) {
        this.context = context;
        this.claims = claims;
        this.volumes = volumes;
        this.classes = classes;
        this.binder = binder;
        this.localPath = new LocalPath(context.settings().localPathDirectory());
        this.events = context.events("persistentvolume-controller");
    }

    @Override
    public Result reconcile(ObjectKey key, Deadline deadline) {
        PersistentVolumeClaim claim = claims.find(key).orElse(null);
        if (claim == null) {
            return Result.done();
        }
        if (binder.isBehind()) {
            return Result.again(CACHE_LAG);
        }
        boolean bound = VolumeMatch.hasYes(claim, ClaimDecision.BIND_COMPLETED);
        if (!bound && claim.getMetadata().getDeletionTimestamp() != null) {
            return Result.done();
        }
        if (!bound && VolumeMatch.isEmpty(claim.getSpec().getVolumeName()) && assignDefaultClass(claim)) {
            return Result.done();
        }
        StorageClass storageClass =
                classes.find(new ObjectKey("", VolumeMatch.storageClass(claim))).orElse(null);
        Map<String, PersistentVolume> all = new LinkedHashMap<>();
        volumes.all().forEach(volume -> all.put(volume.getMetadata().getName(), volume));
        return carryOut(claim, storageClass, ClaimDecision.of(claim, all, storageClass));
    }

    private Result carryOut(PersistentVolumeClaim claim, @Nullable StorageClass storageClass, ClaimDecision decision) {
        switch (decision) {
            case ClaimDecision.Bind(var volume) -> {
                binder.bind(volume, claim);
                return Result.done();
            }
            case ClaimDecision.Provision _ -> {
                binder.setPhase(claim, "Pending");
                return binder.isBehind() ? Result.again(CACHE_LAG) : provision(claim, storageClass);
            }
            case ClaimDecision.WaitForConsumer _ ->
                events.normal(claim, "WaitForFirstConsumer", "waiting for first consumer to be created before binding");
            case ClaimDecision.NoVolume _ ->
                events.normal(
                        claim,
                        "FailedBinding",
                        "no persistent volumes available for this claim and no storage class is set");
            case ClaimDecision.Mismatch(var volume, var why) ->
                events.warning(claim, "VolumeMismatch", "Cannot bind to requested volume \"" + volume + "\": " + why);
            case ClaimDecision.Pending _ -> {}
            case ClaimDecision.Lost(var reason, var message) -> {
                if (claim.getStatus() == null
                        || !"Lost".equals(claim.getStatus().getPhase())) {
                    events.warning(claim, reason, message);
                    binder.setPhase(claim, "Lost");
                }
                return Result.done();
            }
        }
        binder.setPhase(claim, "Pending");
        return Result.again(LOOK_AGAIN);
    }

    /// A claim made before there was a default class gets the one there is now.
    private boolean assignDefaultClass(PersistentVolumeClaim claim) {
        if (claim.getSpec().getStorageClassName() != null
                || Labels.annotation(claim, VolumeMatch.BETA_CLASS).isPresent()) {
            return false;
        }
        Optional<StorageClass> newest = classes.all().stream()
                .filter(each -> Labels.annotation(each, DEFAULT_CLASS)
                        .filter("true"::equals)
                        .isPresent())
                .min(Comparator.<StorageClass, String>comparing(
                                each -> String.valueOf(each.getMetadata().getCreationTimestamp()))
                        .reversed()
                        .thenComparing(each -> each.getMetadata().getName()));
        newest.ifPresent(each -> binder.wrote(context.client()
                .resource(new PersistentVolumeClaimBuilder(claim)
                        .editSpec()
                        .withStorageClassName(each.getMetadata().getName())
                        .endSpec()
                        .build())
                .update()));
        return newest.isPresent();
    }

    private Result provision(PersistentVolumeClaim claim, @Nullable StorageClass storageClass) {
        if (storageClass == null) {
            events.warning(
                    claim,
                    "ProvisioningFailed",
                    "storageclass.storage.k8s.io \"" + VolumeMatch.storageClass(claim) + "\" not found");
            return Result.again(LOOK_AGAIN);
        }
        String provisioner = storageClass.getProvisioner();
        if (provisioner.equals("kubernetes.io/no-provisioner")) {
            return Result.done();
        }
        if (!Labels.annotation(claim, PROVISIONER).filter(provisioner::equals).isPresent()) {
            // By this external provisioners know that the claim is theirs.
            binder.wrote(context.client()
                    .resource(claim.toBuilder()
                            .editMetadata()
                            .addToAnnotations(PROVISIONER, provisioner)
                            .addToAnnotations(BETA_PROVISIONER, provisioner)
                            .endMetadata()
                            .build())
                    .update());
            return Result.again(CACHE_LAG);
        }
        if (!provisioner.equals(LocalPath.NAME)) {
            events.normal(
                    claim,
                    "ExternalProvisioning",
                    "Waiting for a volume to be created either by the external provisioner '" + provisioner
                            + "' or manually by the system administrator. If volume creation is delayed, please verify"
                            + " that the provisioner is running and correctly registered.");
            return Result.again(LOOK_AGAIN);
        }
        return provisionLocally(claim, storageClass);
    }

    private Result provisionLocally(PersistentVolumeClaim claim, StorageClass storageClass) {
        try {
            PersistentVolume volume = localPath.volume(
                    claim,
                    storageClass,
                    Labels.annotation(claim, ClaimDecision.SELECTED_NODE).orElse(null));
            binder.wrote(context.client().resource(volume).create());
            events.normal(
                    claim,
                    "ProvisioningSucceeded",
                    "Successfully provisioned volume " + volume.getMetadata().getName());
            return Result.done();
        } catch (IllegalArgumentException e) {
            events.warning(
                    claim,
                    "ProvisioningFailed",
                    "Failed to provision volume with StorageClass \""
                            + storageClass.getMetadata().getName() + "\": " + e.getMessage());
            return Result.again(LOOK_AGAIN);
        } catch (KubernetesClientException e) {
            // Its name holds the claim's uid: one that is there was made by an earlier try.
            if (e.getCode() == 409) {
                return Result.again(CACHE_LAG);
            }
            events.warning(claim, "ProvisioningFailed", Failures.message(e));
            throw e;
        }
    }
}
