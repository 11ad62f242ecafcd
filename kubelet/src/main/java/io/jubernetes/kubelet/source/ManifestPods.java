package io.jubernetes.kubelet.source;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The pods of one source that always says all it has: tells the sink what is new and what is gone. One writer.
final class ManifestPods {
    private final PodSink sink;
    private volatile Map<String, Pod> known = Map.of();

    ManifestPods(PodSink sink) {
        this.sink = sink;
    }

    Set<String> uids() {
        return known.keySet();
    }

    void set(List<Pod> pods) {
        Map<String, Pod> before = known;
        Map<String, Pod> now = new HashMap<>();
        for (Pod pod : pods) {
            String uid = pod.getMetadata().getUid();
            now.put(uid, before.getOrDefault(uid, pod));
        }
        before.keySet().stream().filter(uid -> !now.containsKey(uid)).forEach(sink::remove);
        now.forEach((uid, pod) -> {
            if (!before.containsKey(uid)) {
                sink.set(pod);
            }
        });
        known = Map.copyOf(now);
    }
}
