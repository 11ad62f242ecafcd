package io.jubernetes.scheduler.plugins.volume;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Volume;
import io.jubernetes.common.controller.Lister;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.scheduler.framework.ClusterEvent.Action;
import io.jubernetes.scheduler.framework.ClusterEvent.Resource;
import io.jubernetes.scheduler.framework.CycleState;
import io.jubernetes.scheduler.framework.FilterPlugin;
import io.jubernetes.scheduler.framework.NodeInfo;
import io.jubernetes.scheduler.framework.Nodes;
import io.jubernetes.scheduler.framework.PluginContext;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.PreFilterPlugin;
import io.jubernetes.scheduler.framework.SnapshotListener;
import io.jubernetes.scheduler.framework.Verdict;
import io.jubernetes.scheduler.framework.Wakeup;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Keeps pods apart whose volumes cannot be used by both: one disk on one node, and claims for one pod only.
public final class VolumeRestrictions implements PreFilterPlugin, FilterPlugin {
    private static final Verdict DISK_TAKEN = Verdict.notNow("node(s) had no available disk");
    private static final Verdict CLAIM_TAKEN = Verdict.notNow(
            "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode");

    private final Lister<PersistentVolumeClaim> claims;
    private final Users users;

    private record Wanted(boolean claimTaken) {}

    /// How many pods on nodes use each claim.
    private static final class Users implements SnapshotListener {
        final Map<ObjectKey, Integer> ofClaim = new HashMap<>();

        @Override
        public void podAdded(NodeInfo node, PodInfo pod) {
            change(pod, 1);
        }

        @Override
        public void podRemoved(NodeInfo node, PodInfo pod) {
            change(pod, -1);
        }

        private void change(PodInfo pod, int sign) {
            for (PodVolumes.Mounted mounted : PodVolumes.claims(pod)) {
                ofClaim.merge(
                        ObjectKey.of(pod.key().namespace(), mounted.claim()),
                        sign,
                        (a, b) -> a + b == 0 ? null : a + b);
            }
        }
    }

    public VolumeRestrictions(PluginContext context) {
        claims = context.cluster().lister(PersistentVolumeClaim.class);
        users = new Users();
        context.nodes().all().forEach(node -> node.pods().forEach(pod -> users.podAdded(node, pod)));
        context.nodes().listen(users);
    }

    @Override
    public String name() {
        return "VolumeRestrictions";
    }

    @Override
    public Outcome preFilter(CycleState state, PodInfo pod, Nodes nodes) {
        boolean taken = false;
        for (PodVolumes.Mounted mounted : PodVolumes.claims(pod)) {
            if (mounted.isEphemeral()) {
                continue; // made for this pod alone
            }
            ObjectKey key = ObjectKey.of(pod.key().namespace(), mounted.claim());
            Optional<PersistentVolumeClaim> claim = claims.find(key);
            if (claim.isEmpty()) {
                return new Outcome.Reject(Verdict.never("persistentvolumeclaim \"" + mounted.claim() + "\" not found"));
            }
            if (claim.get().getSpec().getAccessModes().contains("ReadWriteOncePod")) {
                taken |= users.ofClaim.getOrDefault(key, 0) > 0;
            }
        }
        if (!taken && pod.pod().getSpec().getVolumes().stream().noneMatch(VolumeRestrictions::isExclusive)) {
            return new Outcome.Skip();
        }
        state.put(Wanted.class, new Wanted(taken));
        return new Outcome.Proceed();
    }

    @Override
    public Verdict filter(CycleState state, PodInfo pod, NodeInfo node) {
        for (Volume volume : pod.pod().getSpec().getVolumes()) {
            if (isExclusive(volume)) {
                for (PodInfo other : node.pods()) {
                    if (other.pod().getSpec().getVolumes().stream().anyMatch(there -> conflict(volume, there))) {
                        return DISK_TAKEN;
                    }
                }
            }
        }
        return state.require(Wanted.class).claimTaken ? CLAIM_TAKEN : Verdict.FITS;
    }

    private static boolean isExclusive(Volume volume) {
        return volume.getGcePersistentDisk() != null
                || volume.getAwsElasticBlockStore() != null
                || volume.getRbd() != null
                || volume.getIscsi() != null;
    }

    /// Whether two pods of one node cannot have these two.
    private static boolean conflict(Volume a, Volume b) {
        if (a.getGcePersistentDisk() != null && b.getGcePersistentDisk() != null) {
            return a.getGcePersistentDisk()
                            .getPdName()
                            .equals(b.getGcePersistentDisk().getPdName())
                    && !(isTrue(a.getGcePersistentDisk().getReadOnly())
                            && isTrue(b.getGcePersistentDisk().getReadOnly()));
        }
        if (a.getAwsElasticBlockStore() != null && b.getAwsElasticBlockStore() != null) {
            return a.getAwsElasticBlockStore()
                    .getVolumeID()
                    .equals(b.getAwsElasticBlockStore().getVolumeID());
        }
        if (a.getIscsi() != null && b.getIscsi() != null) {
            return Objects.equals(a.getIscsi().getIqn(), b.getIscsi().getIqn())
                    && !(isTrue(a.getIscsi().getReadOnly())
                            && isTrue(b.getIscsi().getReadOnly()));
        }
        if (a.getRbd() != null && b.getRbd() != null) {
            return !Collections.disjoint(a.getRbd().getMonitors(), b.getRbd().getMonitors())
                    && Objects.equals(a.getRbd().getPool(), b.getRbd().getPool())
                    && Objects.equals(a.getRbd().getImage(), b.getRbd().getImage())
                    && !(isTrue(a.getRbd().getReadOnly()) && isTrue(b.getRbd().getReadOnly()));
        }
        return false;
    }

    private static boolean isTrue(@Nullable Boolean value) {
        return Boolean.TRUE.equals(value);
    }

    @Override
    public List<Wakeup> wakeups() {
        return List.of(
                new Wakeup(Resource.ASSIGNED_POD, Set.of(Action.DELETE), VolumeRestrictions::frees),
                Wakeup.on(Resource.NODE, Set.of(Action.ADD)),
                new Wakeup(
                        Resource.PERSISTENT_VOLUME_CLAIM,
                        Set.of(Action.ADD, Action.UPDATE_OTHER),
                        VolumeBinding::claimHelps));
    }

    private static boolean frees(PodInfo pod, @Nullable Object before, @Nullable Object after) {
        if (!(before instanceof Pod gone)) {
            return true;
        }
        List<Volume> freed = gone.getSpec().getVolumes();
        return !freed.isEmpty()
                && pod.pod().getSpec().getVolumes().stream()
                        .anyMatch(volume -> freed.stream()
                                .anyMatch(other -> conflict(volume, other)
                                        || volume.getPersistentVolumeClaim() != null
                                                && Objects.equals(
                                                        volume.getPersistentVolumeClaim(),
                                                        other.getPersistentVolumeClaim())));
    }
}
