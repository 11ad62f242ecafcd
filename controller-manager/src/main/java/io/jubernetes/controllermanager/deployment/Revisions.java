package io.jubernetes.controllermanager.deployment;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.jubernetes.controllermanager.workload.Labels;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The annotations by which deployments and their replica sets number revisions and remember sizes.
final class Revisions {
    static final String REVISION = "deployment.kubernetes.io/revision";
    static final String HISTORY = "deployment.kubernetes.io/revision-history";
    static final String DESIRED = "deployment.kubernetes.io/desired-replicas";
    static final String MAX = "deployment.kubernetes.io/max-replicas";
    private static final Set<String> NOT_COPIED = Set.of(
            "kubectl.kubernetes.io/last-applied-configuration",
            REVISION,
            HISTORY,
            DESIRED,
            MAX,
            "deprecated.deployment.rollback.to");

    private Revisions() {}

    static long of(HasMetadata object) {
        try {
            return Labels.annotation(object, REVISION).map(Long::parseLong).orElse(0L);
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    static long max(Collection<ReplicaSet> sets) {
        return sets.stream().mapToLong(Revisions::of).max().orElse(0);
    }

    /// The annotations the set of the current template should have: the deployment's own, and the newest revision
    /// with the ones it had before as its history.
    static Map<String, String> forNewSet(Deployment deployment, @Nullable ReplicaSet existing, long revision) {
        var annotations = new LinkedHashMap<String, String>();
        if (existing != null) {
            annotations.putAll(Labels.annotations(existing.getMetadata()));
        }
        Labels.annotations(deployment.getMetadata()).forEach((key, value) -> {
            if (!NOT_COPIED.contains(key)) {
                annotations.put(key, value);
            }
        });
        long old = existing == null ? 0 : of(existing);
        if (old < revision) {
            annotations.put(REVISION, Long.toString(revision));
            if (old > 0) {
                String history = annotations.get(HISTORY);
                annotations.put(HISTORY, history == null || history.isEmpty() ? "" + old : history + "," + old);
            }
        }
        return annotations;
    }

    static void putSizes(Map<String, String> annotations, int desired, int max) {
        annotations.put(DESIRED, Integer.toString(desired));
        annotations.put(MAX, Integer.toString(max));
    }
}
