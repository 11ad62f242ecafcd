package io.jubernetes.controllermanager.daemonset;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// How long failed daemon pods stay before they are replaced: a pod that fails at once must not be made anew
/// without a pause. The first goes at once, then the pause doubles from 1 second to 15 minutes for each node and
/// generation of the set. Thread-safe.
final class FailedPodBackoff {
    private static final Duration FIRST = Duration.ofSeconds(1);
    private static final Duration MAX = Duration.ofMinutes(15);
    private static final int REMEMBERED = 10_000;

    private record Key(String set, long generation, String node) {}

    private record Pause(Duration length, Instant since, String pod) {
        Instant end() {
            return since.plus(length);
        }
    }

    private final Map<Key, Pause> pauses = new LinkedHashMap<>() { // guarded by this
                @Override
                protected boolean removeEldestEntry(Map.Entry<Key, Pause> eldest) {
                    return size() > REMEMBERED;
                }
            };

    /// Notes that a pod failed.
    ///
    /// @return whether it may be replaced now; false while the pause since the last replacement lasts
    synchronized boolean failed(DaemonSet set, Pod pod, Instant now) {
        Key key = key(set, pod);
        Pause last = pauses.get(key);
        String uid = pod.getMetadata().getUid();
        if (last != null && last.pod().equals(uid)) {
            return true;
        }
        if (last != null && now.isBefore(last.end())) {
            return false;
        }
        // After a long time without failures it begins anew.
        Duration length = last == null || now.isAfter(last.since().plus(MAX.multipliedBy(2)))
                ? FIRST
                : last.length().multipliedBy(2);
        pauses.put(key, new Pause(length.compareTo(MAX) > 0 ? MAX : length, now, uid));
        return true;
    }

    /// Whether a failed pod is to stay for now.
    synchronized boolean isWaiting(DaemonSet set, Pod pod, Instant now) {
        Pause last = pauses.get(key(set, pod));
        return last != null && !last.pod().equals(pod.getMetadata().getUid()) && now.isBefore(last.end());
    }

    /// When the first of the waiting pods may go.
    synchronized Duration untilNext(DaemonSet set, List<Pod> waiting, Instant now) {
        return waiting.stream()
                .map(pod -> pauses.get(key(set, pod)))
                .filter(Objects::nonNull)
                .map(pause -> Duration.between(now, pause.end()))
                .min(Duration::compareTo)
                .map(left -> left.isNegative() ? Duration.ZERO : left.plusMillis(10))
                .orElse(FIRST);
    }

    private static Key key(DaemonSet set, Pod pod) {
        Long generation = set.getMetadata().getGeneration();
        return new Key(
                set.getMetadata().getUid(),
                generation == null ? 0 : generation,
                DaemonPods.nodeOf(pod).orElse(""));
    }
}
