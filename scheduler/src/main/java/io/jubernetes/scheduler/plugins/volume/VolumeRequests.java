package io.jubernetes.scheduler.plugins.volume;

import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.controller.Lister;
import io.jubernetes.common.controller.RawApi;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.common.time.Deadline;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/// Writes what was decided about volumes and waits until the volume controllers have done their part. Thread-safe;
/// blocks.
final class VolumeRequests {
    private static final long LOOK_MILLIS = 250;

    private final KubernetesClient client;
    private final Lister<PersistentVolumeClaim> claims;

    VolumeRequests(KubernetesClient client, Lister<PersistentVolumeClaim> claims) {
        this.client = client;
        this.claims = claims;
    }

    /// @throws IllegalStateException when the claims are not bound by the deadline, or cannot be for this node
    void carryOut(
            VolumeMatching.Plan plan,
            String node,
            Function<String, Optional<PersistentVolume>> volumes,
            Deadline deadline)
            throws InterruptedException {
        for (Map.Entry<ObjectKey, String> chosen : plan.chosen().entrySet()) {
            bind(find(chosen.getKey()), volumes.apply(chosen.getValue()).orElseThrow());
        }
        for (ObjectKey claim : plan.provided()) {
            select(find(claim), node);
        }
        Set<ObjectKey> waiting = new HashSet<>(plan.chosen().keySet());
        waiting.addAll(plan.provided());
        while (true) {
            waiting.removeIf(key -> isDone(key, node, plan.provided().contains(key)));
            if (waiting.isEmpty()) {
                return;
            }
            if (deadline.isOver()) {
                throw new IllegalStateException("binding volumes: context deadline exceeded");
            }
            Thread.sleep(LOOK_MILLIS);
        }
    }

    private PersistentVolumeClaim find(ObjectKey key) {
        return claims.find(key)
                .orElseThrow(() -> new IllegalStateException(
                        "binding volumes: persistentvolumeclaim \"" + key.name() + "\" not found"));
    }

    private boolean isDone(ObjectKey key, String node, boolean provided) {
        PersistentVolumeClaim claim = find(key);
        if (PodVolumes.isBound(claim)) {
            return true;
        }
        // The provisioner takes its node off a claim that it cannot serve there.
        String selected = PodVolumes.annotation(claim, VolumeMatching.SELECTED_NODE);
        if (provided && selected != null && !selected.equals(node)) {
            throw new IllegalStateException("binding volumes: provisioning failed for PVC \"" + key.name() + "\"");
        }
        return false;
    }

    private void bind(PersistentVolumeClaim claim, PersistentVolume volume) {
        var change = Json.object();
        var metadata = change.putObject("metadata");
        metadata.put("resourceVersion", volume.getMetadata().getResourceVersion());
        metadata.putObject("annotations").put("pv.kubernetes.io/bound-by-controller", "yes");
        change.putObject("spec")
                .putObject("claimRef")
                .put("kind", "PersistentVolumeClaim")
                .put("apiVersion", "v1")
                .put("namespace", claim.getMetadata().getNamespace())
                .put("name", claim.getMetadata().getName())
                .put("uid", claim.getMetadata().getUid())
                .put("resourceVersion", claim.getMetadata().getResourceVersion());
        new RawApi(client).patch(RawApi.path(volume), RawApi.MERGE_PATCH, change);
    }

    private void select(PersistentVolumeClaim claim, String node) {
        var change = Json.object();
        var metadata = change.putObject("metadata");
        metadata.put("resourceVersion", claim.getMetadata().getResourceVersion());
        metadata.putObject("annotations").put(VolumeMatching.SELECTED_NODE, node);
        new RawApi(client).patch(RawApi.path(claim), RawApi.MERGE_PATCH, change);
    }
}
