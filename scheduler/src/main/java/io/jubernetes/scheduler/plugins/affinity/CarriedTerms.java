package io.jubernetes.scheduler.plugins.affinity;

import io.jubernetes.common.scheduling.LabelMatcher;
import io.jubernetes.scheduler.framework.PodInfo;
import io.jubernetes.scheduler.framework.PodTerm;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The terms that pods on nodes carry, each once however many pods carry it, with the sum of its carriers' weights
/// in each domain. Terms are found by a label pair that they require, so that a pod is compared with few of them.
final class CarriedTerms {
    /// One term and its carriers.
    static final class Carried {
        final PodTerm term;
        final DomainSums sums = new DomainSums();
        private int carriers;

        private Carried(PodTerm term) {
            this.term = term;
        }
    }

    /// What a matching pod must have: the namespace (null when it is described by a selector) and a label pair
    /// (null when none is required).
    private record Bucket(@Nullable String namespace, LabelMatcher.@Nullable Pair pair) {}

    private final Map<PodTerm, Carried> all = new HashMap<>();
    private final Map<Bucket, Set<Carried>> buckets = new HashMap<>();

    boolean isEmpty() {
        return all.isEmpty();
    }

    void clear() {
        all.clear();
        buckets.clear();
    }

    /// @param sign 1 for a pod that came, -1 for one that went
    void change(PodTerm term, int domain, int sign, long weight) {
        Carried carried = all.get(term);
        if (carried == null) {
            carried = new Carried(term);
            all.put(term, carried);
            enter(carried);
        }
        if (domain >= 0) {
            carried.sums.add(domain, sign * weight);
        }
        carried.carriers += sign;
        if (carried.carriers <= 0) {
            all.remove(term);
            leave(carried);
        }
    }

    /// Calls `consumer` with each term that is about the pod.
    void forEachAbout(PodInfo pod, Function<String, Map<String, String>> namespaceLabels, Consumer<Carried> consumer) {
        if (all.isEmpty()) {
            return;
        }
        visit(pod, pod.key().namespace(), namespaceLabels, consumer);
        visit(pod, null, namespaceLabels, consumer);
    }

    private void visit(
            PodInfo pod,
            @Nullable String namespace,
            Function<String, Map<String, String>> namespaceLabels,
            Consumer<Carried> consumer) {
        for (var label : pod.labels().entrySet()) {
            visit(
                    buckets.get(new Bucket(namespace, new LabelMatcher.Pair(label.getKey(), label.getValue()))),
                    pod,
                    namespace,
                    namespaceLabels,
                    consumer);
        }
        visit(buckets.get(new Bucket(namespace, null)), pod, namespace, namespaceLabels, consumer);
    }

    private static void visit(
            @Nullable Set<Carried> bucket,
            PodInfo pod,
            @Nullable String namespace,
            Function<String, Map<String, String>> namespaceLabels,
            Consumer<Carried> consumer) {
        if (bucket == null) {
            return;
        }
        for (Carried carried : bucket) {
            // A term that names and describes namespaces is in two buckets and must be met once.
            boolean named = carried.term.namespaces().contains(pod.key().namespace());
            if ((namespace != null || !named) && carried.term.matches(pod, namespaceLabels)) {
                consumer.accept(carried);
            }
        }
    }

    private void enter(Carried carried) {
        LabelMatcher.Pair pair = carried.term.selector().requiredPair();
        for (String namespace : carried.term.namespaces()) {
            buckets.computeIfAbsent(new Bucket(namespace, pair), _ -> new LinkedHashSet<>())
                    .add(carried);
        }
        if (carried.term.hasNamespaceSelector()) {
            buckets.computeIfAbsent(new Bucket(null, pair), _ -> new LinkedHashSet<>())
                    .add(carried);
        }
    }

    private void leave(Carried carried) {
        LabelMatcher.Pair pair = carried.term.selector().requiredPair();
        carried.term.namespaces().forEach(namespace -> leave(carried, new Bucket(namespace, pair)));
        leave(carried, new Bucket(null, pair));
    }

    private void leave(Carried carried, Bucket bucket) {
        buckets.computeIfPresent(bucket, (_, there) -> {
            there.remove(carried);
            return there.isEmpty() ? null : there;
        });
    }
}
