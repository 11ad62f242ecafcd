package io.jubernetes.scheduler.plugins.volume;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.jubernetes.common.controller.Lister;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.common.time.Deadline;
import io.jubernetes.scheduler.framework.ClusterEvent;
import io.jubernetes.scheduler.framework.ClusterEvent.Action;
import io.jubernetes.scheduler.framework.ClusterEvent.Resource;
import io.jubernetes.scheduler.framework.CycleState;
import io.jubernetes.scheduler.framework.FilterPlugin;
import io.jubernetes.scheduler.framework.NodeInfo;
import io.jubernetes.scheduler.framework.Nodes;
import io.jubernetes.scheduler.framework.PluginContext;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.PreBindPlugin;
import io.jubernetes.scheduler.framework.PreFilterPlugin;
import io.jubernetes.scheduler.framework.ReservePlugin;
import io.jubernetes.scheduler.framework.Verdict;
import io.jubernetes.scheduler.framework.Wakeup;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A pod goes where its volumes can be used; claims that wait for their first consumer get their volumes when the
/// node is chosen, before the pod is bound.
public final class VolumeBinding implements PreFilterPlugin, FilterPlugin, ReservePlugin, PreBindPlugin {
    public static final String NAME = "VolumeBinding";

    private static final String NOTHING = "node(s) didn't find available persistent volumes to bind";
    private static final String CONFLICT = "node(s) didn't match PersistentVolume's node affinity";
    private static final String NO_SPACE = "node(s) did not have enough free storage";
    private static final String LOST = "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)";
    private static final Verdict UNBOUND = Verdict.never("pod has unbound immediate PersistentVolumeClaims");

    private final Lister<PersistentVolumeClaim> claims;
    private final VolumeMatching matching;
    private final VolumeRequests requests;
    private final Duration bindTimeout;

    /// A pod's claims, and by node how those without a volume would get one.
    private record Claims(
            List<PersistentVolumeClaim> bound,
            List<PersistentVolumeClaim> unbound,
            Map<ObjectKey, List<PersistentVolume>> suitable,
            Map<String, VolumeMatching.Plan> plans) {}

    public VolumeBinding(PluginContext context, JsonNode args) {
        claims = context.cluster().lister(PersistentVolumeClaim.class);
        matching = new VolumeMatching(context.cluster());
        requests = new VolumeRequests(context.client(), claims);
        bindTimeout = Duration.ofSeconds(args.path("bindTimeoutSeconds").asLong(600));
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Outcome preFilter(CycleState state, PodInfo pod, Nodes all) {
        List<PodVolumes.Mounted> mounted = PodVolumes.claims(pod);
        if (mounted.isEmpty()) {
            return new Outcome.Skip();
        }
        var bound = new ArrayList<PersistentVolumeClaim>();
        var unbound = new ArrayList<PersistentVolumeClaim>();
        boolean immediate = false;
        var seen = new HashSet<String>();
        for (PodVolumes.Mounted volume : mounted) {
            Optional<PersistentVolumeClaim> found =
                    claims.find(ObjectKey.of(pod.key().namespace(), volume.claim()));
            Optional<String> obstacle = obstacle(pod, volume, found.orElse(null));
            if (obstacle.isPresent() || found.isEmpty()) {
                return new Outcome.Reject(Verdict.never(obstacle.orElse("")));
            }
            PersistentVolumeClaim claim = found.get();
            if (!seen.add(volume.claim())) {
                continue;
            }
            if (PodVolumes.isBound(claim)) {
                bound.add(claim);
            } else if (PodVolumes.volumeName(claim) == null && waitsForConsumer(claim)) {
                unbound.add(claim);
            } else {
                immediate = true;
            }
        }
        if (immediate) {
            return new Outcome.Reject(UNBOUND);
        }
        Map<ObjectKey, List<PersistentVolume>> suitable = new HashMap<>();
        unbound.forEach(claim -> suitable.put(ObjectKey.of(claim), matching.suitable(claim)));
        state.put(Claims.class, new Claims(bound, unbound, suitable, new HashMap<>()));
        return new Outcome.Proceed();
    }

    private boolean waitsForConsumer(PersistentVolumeClaim claim) {
        return matching.storageClass(claim)
                .map(storageClass -> "WaitForFirstConsumer".equals(storageClass.getVolumeBindingMode()))
                .orElse(false);
    }

    private static Optional<String> obstacle(
            PodInfo pod, PodVolumes.Mounted volume, @Nullable PersistentVolumeClaim claim) {
        String name = "\"" + volume.claim() + "\"";
        if (claim == null) {
            return Optional.of(
                    volume.isEphemeral()
                            ? "waiting for ephemeral volume controller to create the persistentvolumeclaim " + name
                            : "persistentvolumeclaim " + name + " not found");
        }
        String phase = claim.getStatus() == null ? null : claim.getStatus().getPhase();
        if ("Lost".equals(phase)) {
            return Optional.of("persistentvolumeclaim " + name + " bound to non-existent persistentvolume \""
                    + PodVolumes.volumeName(claim) + "\"");
        }
        if (claim.getMetadata().getDeletionTimestamp() != null) {
            return Optional.of("persistentvolumeclaim " + name + " is being deleted");
        }
        if (volume.isEphemeral() && !PodVolumes.isMadeFor(pod, claim)) {
            return Optional.of(
                    "PVC " + ObjectKey.of(claim) + " was not created for pod " + pod.key() + " (pod is not owner)");
        }
        return Optional.empty();
    }

    @Override
    public Verdict filter(CycleState state, PodInfo pod, NodeInfo node) {
        Claims of = state.require(Claims.class);
        var reasons = new ArrayList<String>();
        checkBound(of.bound, node).ifPresent(reasons::add);
        if (!of.unbound.isEmpty()) {
            switch (matching.plan(of.unbound, of.suitable, node)) {
                case VolumeMatching.Answer.Possible(var plan) -> of.plans.put(node.name(), plan);
                case VolumeMatching.Answer.Nothing _ -> reasons.add(NOTHING);
                case VolumeMatching.Answer.NoSpace _ -> reasons.add(NO_SPACE);
            }
        }
        return reasons.isEmpty() ? Verdict.FITS : new Verdict.Never(List.copyOf(reasons));
    }

    /// Why volumes that the pod has cannot be used on the node, if so.
    private Optional<String> checkBound(List<PersistentVolumeClaim> bound, NodeInfo node) {
        for (PersistentVolumeClaim claim : bound) {
            Optional<PersistentVolume> volume =
                    Optional.ofNullable(PodVolumes.volumeName(claim)).flatMap(matching::volume);
            if (volume.isEmpty()) {
                return Optional.of(LOST);
            }
            if (!VolumeMatching.isUsableOn(volume.get(), node)) {
                return Optional.of(CONFLICT);
            }
        }
        return Optional.empty();
    }

    @Override
    public Verdict reserve(CycleState state, PodInfo pod, String node) {
        plan(state, node).ifPresent(matching::promise);
        return Verdict.FITS;
    }

    @Override
    public void unreserve(CycleState state, PodInfo pod, String node) {
        plan(state, node).ifPresent(matching::release);
    }

    @Override
    public void preBind(CycleState state, PodInfo pod, String node, Deadline deadline) throws InterruptedException {
        Optional<VolumeMatching.Plan> plan = plan(state, node);
        if (plan.isPresent()) {
            requests.carryOut(plan.get(), node, matching::volume, Deadline.in(bindTimeout));
            // The watch shows the volumes as taken now.
            matching.release(plan.get());
        }
    }

    private static Optional<VolumeMatching.Plan> plan(CycleState state, String node) {
        return Optional.ofNullable(state.get(Claims.class)).map(of -> of.plans.get(node));
    }

    @Override
    public List<Wakeup> wakeups() {
        Set<Action> newOrChanged = new HashSet<>(ClusterEvent.ANY_UPDATE);
        newOrChanged.add(Action.ADD);
        return List.of(
                Wakeup.on(Resource.STORAGE_CLASS, newOrChanged),
                new Wakeup(Resource.PERSISTENT_VOLUME_CLAIM, newOrChanged, VolumeBinding::claimHelps),
                Wakeup.on(Resource.PERSISTENT_VOLUME, newOrChanged),
                Wakeup.on(Resource.NODE, Set.of(Action.ADD, Action.UPDATE_LABELS)),
                Wakeup.on(Resource.CSI_NODE, newOrChanged),
                Wakeup.on(Resource.CSI_DRIVER, ClusterEvent.ANY_UPDATE),
                Wakeup.on(Resource.CSI_STORAGE_CAPACITY, newOrChanged));
    }

    /// Whether a claim that changed is one of the pod's.
    static boolean claimHelps(PodInfo pod, @Nullable Object before, @Nullable Object after) {
        return !(after instanceof PersistentVolumeClaim claim)
                || ObjectKey.of(claim).namespace().equals(pod.key().namespace())
                        && PodVolumes.claims(pod).stream()
                                .anyMatch(mounted -> mounted.claim()
                                        .equals(claim.getMetadata().getName()));
    }
}
