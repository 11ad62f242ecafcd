package io.jubernetes.scheduler.plugins.volume;

import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.storage.CSINode;
import io.fabric8.kubernetes.api.model.storage.CSINodeDriver;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import io.fabric8.kubernetes.api.model.storage.VolumeAttachment;
import io.jubernetes.common.controller.Lister;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.scheduler.framework.Cluster;
import io.jubernetes.scheduler.framework.ClusterEvent.Action;
import io.jubernetes.scheduler.framework.ClusterEvent.Resource;
import io.jubernetes.scheduler.framework.CycleState;
import io.jubernetes.scheduler.framework.FilterPlugin;
import io.jubernetes.scheduler.framework.NodeInfo;
import io.jubernetes.scheduler.framework.Nodes;
import io.jubernetes.scheduler.framework.PluginContext;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.PreFilterPlugin;
import io.jubernetes.scheduler.framework.Verdict;
import io.jubernetes.scheduler.framework.Wakeup;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A CSI driver can attach only so many volumes to a node.
public final class NodeVolumeLimits implements PreFilterPlugin, FilterPlugin {
    private static final Verdict FULL = Verdict.notNow("node(s) exceed max volume count");

    private final Lister<PersistentVolumeClaim> claims;
    private final Lister<PersistentVolume> volumes;
    private final Lister<StorageClass> classes;
    private final Lister<CSINode> nodes;
    private final Lister<VolumeAttachment> attachments;

    /// A volume of a driver; one that does not exist yet goes by its claim.
    private record Attached(String driver, String handle) {}

    private record Wanted(Set<Attached> volumes) {}

    public NodeVolumeLimits(PluginContext context) {
        Cluster cluster = context.cluster();
        claims = cluster.lister(PersistentVolumeClaim.class);
        volumes = cluster.lister(PersistentVolume.class);
        classes = cluster.lister(StorageClass.class);
        nodes = cluster.lister(CSINode.class);
        attachments = cluster.lister(VolumeAttachment.class);
    }

    @Override
    public String name() {
        return "NodeVolumeLimits";
    }

    @Override
    public Outcome preFilter(CycleState state, PodInfo pod, Nodes all) {
        Set<Attached> wanted = volumes(pod);
        if (wanted.isEmpty()) {
            return new Outcome.Skip();
        }
        state.put(Wanted.class, new Wanted(wanted));
        return new Outcome.Proceed();
    }

    @Override
    public Verdict filter(CycleState state, PodInfo pod, NodeInfo node) {
        Map<String, Integer> limits = limits(node);
        if (limits.isEmpty()) {
            return Verdict.FITS;
        }
        var there = new HashSet<Attached>();
        node.pods().forEach(other -> there.addAll(volumes(other)));
        for (VolumeAttachment attachment : attachments.all()) {
            if (node.name().equals(attachment.getSpec().getNodeName())) {
                String name = attachment.getSpec().getSource().getPersistentVolumeName();
                if (name != null) {
                    volume(name).ifPresent(there::add);
                }
            }
        }
        Map<String, Integer> more = new HashMap<>();
        for (Attached wanted : state.require(Wanted.class).volumes()) {
            if (!there.contains(wanted)) {
                more.merge(wanted.driver, 1, Integer::sum);
            }
        }
        for (var driver : more.entrySet()) {
            Integer limit = limits.get(driver.getKey());
            long used = there.stream()
                    .filter(attached -> attached.driver.equals(driver.getKey()))
                    .count();
            if (limit != null && used + driver.getValue() > limit) {
                return FULL;
            }
        }
        return Verdict.FITS;
    }

    private Map<String, Integer> limits(NodeInfo node) {
        var limits = new HashMap<String, Integer>();
        nodes.find(ObjectKey.of("", node.name())).ifPresent(csi -> {
            for (CSINodeDriver driver : csi.getSpec().getDrivers()) {
                if (driver.getAllocatable() != null && driver.getAllocatable().getCount() != null) {
                    limits.put(driver.getName(), driver.getAllocatable().getCount());
                }
            }
        });
        return limits;
    }

    private Set<Attached> volumes(PodInfo pod) {
        var found = new HashSet<Attached>();
        for (PodVolumes.Mounted mounted : PodVolumes.claims(pod)) {
            claims.find(ObjectKey.of(pod.key().namespace(), mounted.claim()))
                    .flatMap(this::volume)
                    .ifPresent(found::add);
        }
        return found;
    }

    private Optional<Attached> volume(PersistentVolumeClaim claim) {
        String name = PodVolumes.volumeName(claim);
        if (name != null) {
            Optional<Attached> known = volume(name);
            if (known.isPresent() || volumes.find(ObjectKey.of("", name)).isPresent()) {
                return known;
            }
        }
        return classes.find(ObjectKey.of("", PodVolumes.storageClass(claim)))
                .map(StorageClass::getProvisioner)
                .filter(provisioner -> !provisioner.equals(VolumeMatching.NO_PROVISIONER))
                .map(provisioner -> new Attached(provisioner, "claim " + ObjectKey.of(claim)));
    }

    private Optional<Attached> volume(String name) {
        return volumes.find(ObjectKey.of("", name))
                .map(volume -> volume.getSpec().getCsi())
                .map(csi -> new Attached(csi.getDriver(), csi.getVolumeHandle()));
    }

    @Override
    public List<Wakeup> wakeups() {
        return List.of(
                new Wakeup(Resource.CSI_NODE, Set.of(Action.ADD, Action.UPDATE_OTHER), (_, _, _) -> true),
                new Wakeup(
                        Resource.ASSIGNED_POD,
                        Set.of(Action.DELETE),
                        (_, before, _) -> !(before instanceof io.fabric8.kubernetes.api.model.Pod gone)
                                || !gone.getSpec().getVolumes().isEmpty()),
                new Wakeup(
                        Resource.PERSISTENT_VOLUME_CLAIM,
                        Set.of(Action.ADD, Action.UPDATE_OTHER),
                        VolumeBinding::claimHelps),
                new Wakeup(Resource.VOLUME_ATTACHMENT, Set.of(Action.DELETE), NodeVolumeLimits::isVolume));
    }

    private static boolean isVolume(PodInfo pod, @Nullable Object before, @Nullable Object after) {
        return !(before instanceof VolumeAttachment gone)
                || Objects.nonNull(gone.getSpec().getSource().getPersistentVolumeName());
    }
}
