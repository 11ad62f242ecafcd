package io.jubernetes.controllermanager.attachdetach;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.storage.CSIDriver;
import io.fabric8.kubernetes.api.model.storage.VolumeAttachment;
import io.fabric8.kubernetes.api.model.storage.VolumeAttachmentBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.controller.EventRecorder;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.RawApi;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import io.jubernetes.controllermanager.attachdetach.AttachmentPlan.Volume;
import io.jubernetes.controllermanager.nodelifecycle.NodeLifecycleController;
import io.jubernetes.controllermanager.workload.Pods;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// Brings each node's attachments to what its pods need, and tells the kubelet in the node's status what
/// is there.
public final class AttachDetachController {
    private static final Duration GATHER = Duration.ofMillis(100);

    private final ControllerContext context;
    private final Informed<Node> nodes;
    private final Informed<Pod> pods;
    private final Informed<PersistentVolumeClaim> claims;
    private final Informed<PersistentVolume> volumes;
    private final Informed<VolumeAttachment> attachments;
    private final Informed<CSIDriver> drivers;
    private final EventRecorder events;
    private final Map<String, Map<String, Instant>> unneeded = new ConcurrentHashMap<>();

    private AttachDetachController(ControllerContext context) {
        this.context = context;
        this.nodes = context.informers().of(Node.class);
        this.pods = context.informers().of(Pod.class);
        this.claims = context.informers().of(PersistentVolumeClaim.class);
        this.volumes = context.informers().of(PersistentVolume.class);
        this.attachments = context.informers().of(VolumeAttachment.class);
        this.drivers = context.informers().of(CSIDriver.class);
        this.events = context.events("attachdetach-controller");
    }

    public static Controller create(String name, ControllerContext context) {
        var controller = new AttachDetachController(context);
        NodeLifecycleController.indexByNode(controller.pods);
        WorkQueue<ObjectKey> queue = context.queue(name);
        controller.pods.listen((before, after) -> {
            Pod pod = after == null ? before : after;
            if (pod == null || pod.getSpec().getNodeName() == null) {
                return;
            }
            boolean matters = pod.getSpec().getVolumes().stream()
                    .anyMatch(volume -> volume.getPersistentVolumeClaim() != null || volume.getEphemeral() != null);
            if (matters) {
                queue.addAfter(new ObjectKey("", pod.getSpec().getNodeName()), GATHER);
            }
        });
        controller.attachments.listenAny(
                each -> queue.add(new ObjectKey("", each.getSpec().getNodeName())));
        controller.volumes.listen((_, after) -> {
            if (after != null && after.getSpec().getCsi() != null) {
                controller.nodes.all().forEach(node -> queue.addAfter(ObjectKey.of(node), GATHER));
            }
        });
        controller.nodes.listen((before, after) -> {
            if (after != null && (before == null || !inUse(before).equals(inUse(after)))) {
                queue.add(ObjectKey.of(after));
            }
        });
        return Controller.of(context.runner(name, queue, (key, _) -> controller.reconcile(key)));
    }

    private static Set<String> inUse(Node node) {
        return node.getStatus() == null
                ? Set.of()
                : new HashSet<>(node.getStatus().getVolumesInUse());
    }

    private Result reconcile(ObjectKey key) {
        Node node = nodes.find(key).orElse(null);
        Map<Volume, Pod> wanted = wanted(key.name());
        List<VolumeAttachment> all = attachments.all();
        AttachmentPlan plan = AttachmentPlan.of(
                key.name(),
                wanted.keySet(),
                node == null ? Set.of() : inUse(node),
                all,
                unneeded.computeIfAbsent(key.name(), _ -> new HashMap<>()),
                context.clock().instant());
        if (node == null) {
            unneeded.remove(key.name());
        } else {
            plan.attach().forEach(volume -> attach(key.name(), volume));
            report(node, all);
        }
        plan.waiting().forEach((volume, elsewhere) -> {
            Pod pod = wanted.get(volume);
            if (pod != null) {
                events.warning(
                        pod,
                        "FailedAttachVolume",
                        "Multi-Attach error for volume \"" + volume.persistentVolume()
                                + "\" Volume is already exclusively attached to one node and can't be attached to"
                                + " another");
            }
        });
        plan.detach().forEach(this::detach);
        return plan.lookAgain().map(left -> Result.again(left.plusMillis(100))).orElse(Result.done());
    }

    private Map<Volume, Pod> wanted(String node) {
        Map<Volume, Pod> wanted = new LinkedHashMap<>();
        for (Pod pod : pods.by("node", node)) {
            if (Pods.isTerminal(pod)) {
                continue;
            }
            for (var volume : pod.getSpec().getVolumes()) {
                String claim = volume.getPersistentVolumeClaim() != null
                        ? volume.getPersistentVolumeClaim().getClaimName()
                        : volume.getEphemeral() != null ? pod.getMetadata().getName() + "-" + volume.getName() : "";
                if (!claim.isEmpty()) {
                    volume(new ObjectKey(pod.getMetadata().getNamespace(), claim))
                            .ifPresent(each -> wanted.put(each, pod));
                }
            }
        }
        return wanted;
    }

    private Optional<Volume> volume(ObjectKey claim) {
        return claims.find(claim)
                .map(each -> each.getSpec().getVolumeName())
                .flatMap(name -> volumes.find(new ObjectKey("", name)))
                .filter(volume -> volume.getSpec().getCsi() != null)
                .filter(volume -> needsAttaching(volume.getSpec().getCsi().getDriver()))
                .map(volume -> new Volume(
                        volume.getMetadata().getName(),
                        volume.getSpec().getCsi().getDriver(),
                        volume.getSpec().getCsi().getVolumeHandle(),
                        volume.getSpec().getAccessModes().stream().anyMatch(mode -> mode.endsWith("Many"))));
    }

    private boolean needsAttaching(String driver) {
        return drivers.find(new ObjectKey("", driver))
                .map(each -> !Boolean.FALSE.equals(each.getSpec().getAttachRequired()))
                .orElse(true);
    }

    private void attach(String node, Volume volume) {
        try {
            VolumeAttachment _ = context.client()
                    .resource(new VolumeAttachmentBuilder()
                            .withNewMetadata()
                            .withName(volume.attachmentName(node))
                            .endMetadata()
                            .withNewSpec()
                            .withAttacher(volume.driver())
                            .withNodeName(node)
                            .withNewSource()
                            .withPersistentVolumeName(volume.persistentVolume())
                            .endSource()
                            .endSpec()
                            .build())
                    .create();
        } catch (KubernetesClientException e) {
            // There already: the cache has yet to show it.
            if (e.getCode() != 409) {
                throw e;
            }
        }
    }

    private void detach(VolumeAttachment attachment) {
        try {
            context.raw().delete(attachment, null);
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404) {
                throw e;
            }
        }
    }

    /// The kubelet mounts a volume once it finds it among those attached.
    private void report(Node node, List<VolumeAttachment> all) {
        var attached = Json.MAPPER.createArrayNode();
        for (VolumeAttachment each : all) {
            boolean here =
                    each.getSpec().getNodeName().equals(node.getMetadata().getName())
                            && each.getStatus() != null
                            && Boolean.TRUE.equals(each.getStatus().getAttached());
            String name = each.getSpec().getSource().getPersistentVolumeName();
            if (here && name != null) {
                volumes.find(new ObjectKey("", name))
                        .filter(volume -> volume.getSpec().getCsi() != null)
                        .ifPresent(volume -> attached.addObject()
                                .put(
                                        "name",
                                        "kubernetes.io/csi/"
                                                + volume.getSpec().getCsi().getDriver() + "^"
                                                + volume.getSpec().getCsi().getVolumeHandle())
                                .put("devicePath", ""));
            }
        }
        var there = Json.MAPPER.valueToTree(
                node.getStatus() == null ? List.of() : node.getStatus().getVolumesAttached());
        if (attached.equals(there)) {
            return;
        }
        var change = Json.object();
        change.putObject("status").set("volumesAttached", attached);
        context.raw().patch(RawApi.path(node) + "/status", RawApi.MERGE_PATCH, change);
    }
}
