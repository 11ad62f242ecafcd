package io.jubernetes.controllermanager.ephemeralvolume;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.controller.EventRecorder;
import io.jubernetes.common.controller.Failures;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import io.jubernetes.controllermanager.workload.Labels;
import io.jubernetes.controllermanager.workload.Owners;
import io.jubernetes.controllermanager.workload.PodControl;
import io.jubernetes.controllermanager.workload.Pods;

/// Makes one claim for each ephemeral volume of each pod.
public final class EphemeralVolumeController {
    private final ControllerContext context;
    private final Informed<Pod> pods;
    private final Informed<PersistentVolumeClaim> claims;
    private final EventRecorder events;

    private EphemeralVolumeController(ControllerContext context) {
        this.context = context;
        this.pods = context.informers().of(Pod.class);
        this.claims = context.informers().of(PersistentVolumeClaim.class);
        this.events = context.events("ephemeral_volume");
    }

    public static Controller create(String name, ControllerContext context) {
        var controller = new EphemeralVolumeController(context);
        WorkQueue<ObjectKey> queue = context.queue("ephemeral_volume");
        controller.pods.listen((_, after) -> {
            if (after != null && hasEphemeralVolume(after)) {
                queue.add(ObjectKey.of(after));
            }
        });
        // A claim that is deleted while its pod waits is made anew.
        controller.claims.listen((before, after) -> {
            if (before != null && after == null) {
                Owners.controllerOf(before)
                        .filter(owner -> owner.getKind().equals("Pod"))
                        .ifPresent(owner ->
                                queue.add(ObjectKey.of(before.getMetadata().getNamespace(), owner.getName())));
            }
        });
        return Controller.of(context.runner(name, queue, (key, _) -> controller.reconcile(key)));
    }

    private static boolean hasEphemeralVolume(Pod pod) {
        return pod.getSpec().getVolumes().stream().anyMatch(volume -> volume.getEphemeral() != null);
    }

    private Result reconcile(ObjectKey key) {
        Pod pod = pods.find(key).orElse(null);
        if (pod == null || Pods.isTerminating(pod) || Pods.isTerminal(pod)) {
            return Result.done();
        }
        for (Volume volume : pod.getSpec().getVolumes()) {
            if (volume.getEphemeral() != null) {
                ensure(pod, volume);
            }
        }
        return Result.done();
    }

    private void ensure(Pod pod, Volume volume) {
        PersistentVolumeClaim wanted = claim(pod, volume);
        PersistentVolumeClaim there = claims.find(ObjectKey.of(wanted)).orElse(null);
        if (there == null) {
            create(pod, wanted);
        } else if (!Owners.isControlledBy(there, pod)) {
            String message = "PVC \"" + ObjectKey.of(there) + "\" was not created for pod \"" + ObjectKey.of(pod)
                    + "\" (pod is not owner)";
            events.warning(pod, "FailedBinding", "ephemeral volume " + volume.getName() + ": " + message);
            throw new IllegalStateException(message);
        }
    }

    static PersistentVolumeClaim claim(Pod pod, Volume volume) {
        var template = volume.getEphemeral().getVolumeClaimTemplate();
        return new PersistentVolumeClaimBuilder()
                .withNewMetadata()
                .withNamespace(pod.getMetadata().getNamespace())
                .withName(pod.getMetadata().getName() + "-" + volume.getName())
                .withLabels(Labels.labels(template.getMetadata()))
                .withAnnotations(Labels.annotations(template.getMetadata()))
                .withOwnerReferences(Owners.controllerReference(pod))
                .endMetadata()
                .withSpec(template.getSpec())
                .build();
    }

    private void create(Pod pod, PersistentVolumeClaim claim) {
        try {
            PersistentVolumeClaim _ = context.client().resource(claim).create();
        } catch (KubernetesClientException e) {
            // There already: the cache will show whose it is.
            if (e.getCode() == 409 || PodControl.isNamespaceTerminating(e)) {
                return;
            }
            events.warning(
                    pod,
                    "FailedBinding",
                    "ephemeral volume: create PVC " + claim.getMetadata().getName() + ": " + Failures.message(e));
            throw e;
        }
    }
}
