package io.jubernetes.scheduler.plugins.volume;

import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
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
import io.jubernetes.scheduler.framework.Verdict;
import io.jubernetes.scheduler.framework.Wakeup;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A volume whose labels name zones or regions can only be used on nodes there.
public final class VolumeZone implements PreFilterPlugin, FilterPlugin {
    private static final Verdict ELSEWHERE = Verdict.never("node(s) had no available volume zone");
    private static final String ZONE = "topology.kubernetes.io/zone";
    private static final String REGION = "topology.kubernetes.io/region";
    /// The labels of volumes and nodes, each with its name of today: an old volume may be used on a new node.
    private static final Map<String, String> LABELS = Map.of(
            ZONE,
            ZONE,
            REGION,
            REGION,
            "failure-domain.beta.kubernetes.io/zone",
            ZONE,
            "failure-domain.beta.kubernetes.io/region",
            REGION);

    private final Lister<PersistentVolumeClaim> claims;
    private final Lister<PersistentVolume> volumes;

    private record Place(String label, Set<String> values) {}

    private record Places(List<Place> all) {}

    public VolumeZone(PluginContext context) {
        claims = context.cluster().lister(PersistentVolumeClaim.class);
        volumes = context.cluster().lister(PersistentVolume.class);
    }

    @Override
    public String name() {
        return "VolumeZone";
    }

    @Override
    public Outcome preFilter(CycleState state, PodInfo pod, Nodes nodes) {
        var places = new ArrayList<Place>();
        for (PodVolumes.Mounted mounted : PodVolumes.claims(pod)) {
            // A claim that is missing or has no volume yet is VolumeBinding's affair.
            Optional<String> name = claims.find(ObjectKey.of(pod.key().namespace(), mounted.claim()))
                    .map(PodVolumes::volumeName);
            if (mounted.isEphemeral() || name.isEmpty()) {
                continue;
            }
            Optional<PersistentVolume> volume = volumes.find(ObjectKey.of("", name.get()));
            if (volume.isEmpty()) {
                return new Outcome.Reject(Verdict.never("persistentvolume \"" + name.get() + "\" not found"));
            }
            collect(volume.get().getMetadata().getLabels(), places);
        }
        if (places.isEmpty()) {
            return new Outcome.Skip();
        }
        state.put(Places.class, new Places(places));
        return new Outcome.Proceed();
    }

    private static void collect(@Nullable Map<String, String> labels, List<Place> places) {
        if (labels != null) {
            for (String label : LABELS.keySet()) {
                String values = labels.get(label);
                if (values != null) {
                    places.add(new Place(label, Set.of(values.split("__"))));
                }
            }
        }
    }

    @Override
    public Verdict filter(CycleState state, PodInfo pod, NodeInfo node) {
        // A node that is in no zone is not held against its volumes.
        if (LABELS.keySet().stream().noneMatch(node.labels()::containsKey)) {
            return Verdict.FITS;
        }
        for (Place place : state.require(Places.class).all()) {
            String value = node.labels().get(place.label());
            if (value == null) {
                value = node.labels().get(LABELS.get(place.label()));
            }
            if (value == null || !place.values().contains(value)) {
                return ELSEWHERE;
            }
        }
        return Verdict.FITS;
    }

    @Override
    public List<Wakeup> wakeups() {
        return List.of(
                Wakeup.on(Resource.STORAGE_CLASS, Set.of(Action.ADD)),
                Wakeup.on(Resource.NODE, Set.of(Action.ADD, Action.UPDATE_LABELS)),
                new Wakeup(
                        Resource.PERSISTENT_VOLUME_CLAIM,
                        Set.of(Action.ADD, Action.UPDATE_OTHER),
                        VolumeBinding::claimHelps),
                Wakeup.on(Resource.PERSISTENT_VOLUME, Set.of(Action.ADD, Action.UPDATE_LABELS)));
    }
}
