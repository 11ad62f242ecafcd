package io.jubernetes.kubelet.source;

import io.fabric8.kubernetes.api.model.Pod;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.kubelet.cluster.PodEvents;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/// Lets one static pod of a name run at a time: a changed manifest's pod waits for the end of the one before it, and
/// of two manifests that give the same name the second waits for the first to go. Thread-safe.
public final class StaticPodTurns implements PodSink {
    private final PodSink to;
    private final PodEvents events;
    /// By name, what shall run, the first first; and by name the uid of what runs or is ending.
    private final Map<ObjectKey, Map<String, Pod>> wanted = new HashMap<>(); // guarded by this

    private final Map<ObjectKey, String> running = new HashMap<>(); // guarded by this

    /// @param to where pods go that have their turn
    public StaticPodTurns(PodSink to, PodEvents events) {
        this.to = to;
        this.events = events;
    }

    @Override
    public synchronized void set(Pod pod) {
        ObjectKey name = ObjectKey.of(pod);
        Map<String, Pod> all = wanted.computeIfAbsent(name, _ -> new LinkedHashMap<>());
        if (!all.isEmpty() && !all.containsKey(pod.getMetadata().getUid())) {
            String text = "Error validating pod %s_%s(%s) from %s due to duplicate pod name \"%s\", ignoring"
                    .formatted(
                            name.name(),
                            name.namespace(),
                            pod.getMetadata().getUid(),
                            StaticPods.annotation(pod, StaticPods.SOURCE),
                            name.name());
            events.event(pod, PodEvents.Type.WARNING, "FailedValidation", text);
        }
        all.put(pod.getMetadata().getUid(), pod);
        next(name);
    }

    @Override
    public synchronized void remove(String uid) {
        wanted.values().forEach(pods -> pods.remove(uid));
        wanted.values().removeIf(Map::isEmpty);
        if (running.containsValue(uid)) {
            to.remove(uid);
        }
    }

    /// A pod has ended and nothing of it is left.
    public synchronized void ended(String uid) {
        running.entrySet().stream()
                .filter(entry -> entry.getValue().equals(uid))
                .map(Map.Entry::getKey)
                .toList()
                .forEach(name -> {
                    running.remove(name);
                    next(name);
                });
    }

    private void next(ObjectKey name) {
        Map<String, Pod> all = wanted.get(name);
        if (all == null) {
            return;
        }
        Pod first = all.values().iterator().next();
        String uid = first.getMetadata().getUid();
        if (running.putIfAbsent(name, uid) == null || uid.equals(running.get(name))) {
            to.set(first);
        }
    }
}
