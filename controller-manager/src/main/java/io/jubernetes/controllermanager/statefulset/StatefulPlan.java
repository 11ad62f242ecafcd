package io.jubernetes.controllermanager.statefulset;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSetStatus;
import io.fabric8.kubernetes.api.model.apps.StatefulSetStatusBuilder;
import io.jubernetes.controllermanager.workload.IntOrPercent;
import io.jubernetes.controllermanager.workload.Labels;
import io.jubernetes.controllermanager.workload.Pods;
import io.jubernetes.controllermanager.workload.RevisionHistory;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The next step of a stateful set. Pure.
///
/// @param create ordinals with the revision each is to have
/// @param condemned of the deleted, those beyond the wanted number
record StatefulPlan(Map<Integer, String> create, List<Pod> delete, List<Pod> condemned, StatefulSetStatus status) {

    /// @param current and `update` the names of the revisions the set comes from and goes to
    static StatefulPlan of(StatefulSet set, List<Pod> pods, String current, String update, Instant now) {
        return new Decision(set, pods, current, update, now).decide();
    }

    private static final class Decision {
        private final StatefulSet set;
        private final String current;
        private final String update;
        private final Instant now;
        private final int start;
        private final int replicas;
        private final boolean ordered;
        private final int minReady;
        private final Map<Integer, Pod> wanted = new TreeMap<>();
        private final List<Pod> beyond = new ArrayList<>();
        private final List<Pod> all;
        private final Map<Integer, String> create = new TreeMap<>();
        private final List<Pod> delete = new ArrayList<>();
        private final List<Pod> condemned = new ArrayList<>();

        Decision(StatefulSet set, List<Pod> pods, String current, String update, Instant now) {
            this.set = set;
            this.current = current;
            this.update = update;
            this.now = now;
            var ordinals = set.getSpec().getOrdinals();
            this.start = ordinals == null || ordinals.getStart() == null ? 0 : ordinals.getStart();
            this.replicas =
                    set.getSpec().getReplicas() == null ? 1 : set.getSpec().getReplicas();
            this.ordered = !"Parallel".equals(set.getSpec().getPodManagementPolicy());
            this.minReady = set.getSpec().getMinReadySeconds() == null
                    ? 0
                    : set.getSpec().getMinReadySeconds();
            this.all = pods.stream()
                    .filter(pod -> StatefulPods.ordinal(set, pod) >= 0)
                    .toList();
            for (Pod pod : all) {
                int ordinal = StatefulPods.ordinal(set, pod);
                if (ordinal >= start && ordinal < start + replicas) {
                    wanted.put(ordinal, pod);
                } else {
                    beyond.add(pod);
                }
            }
            beyond.sort(Comparator.<Pod>comparingInt(pod -> StatefulPods.ordinal(set, pod))
                    .reversed());
        }

        StatefulPlan decide() {
            boolean settled = bringUp() && takeDown();
            if (settled && !isOnDelete()) {
                roll();
            }
            return new StatefulPlan(create, delete, condemned, status());
        }

        private boolean isOnDelete() {
            return set.getSpec().getUpdateStrategy() != null
                    && "OnDelete".equals(set.getSpec().getUpdateStrategy().getType());
        }

        /// @return whether all wanted pods are there as far as the order demands
        private boolean bringUp() {
            for (int ordinal = start; ordinal < start + replicas; ordinal++) {
                Pod pod = wanted.get(ordinal);
                if (pod == null) {
                    create.put(ordinal, revisionFor(ordinal));
                    if (ordered) {
                        return false;
                    }
                } else if (Pods.isTerminal(pod)) {
                    if (!Pods.isTerminating(pod)) {
                        delete.add(pod);
                    }
                    if (ordered) {
                        return false;
                    }
                } else if (ordered && (Pods.isTerminating(pod) || !isAvailable(pod))) {
                    return false;
                }
            }
            return create.isEmpty() && delete.isEmpty();
        }

        /// @return whether no pod beyond the wanted number is left
        private boolean takeDown() {
            Pod firstUnhealthy = firstUnhealthy();
            for (Pod pod : beyond) {
                if (Pods.isTerminating(pod)) {
                    if (ordered) {
                        return false;
                    }
                    continue;
                }
                // One in trouble at the end may be needed by those before it: only the first in trouble may go.
                boolean inTrouble = !isHealthy(pod) || !isAvailable(pod);
                if (ordered && inTrouble && !pod.equals(firstUnhealthy)) {
                    return false;
                }
                delete.add(pod);
                condemned.add(pod);
                if (ordered) {
                    return false;
                }
            }
            return beyond.isEmpty();
        }

        /// The pod of the lowest ordinal that is not healthy, those to be kept before those to go.
        private @Nullable Pod firstUnhealthy() {
            return Stream.concat(wanted.values().stream(), beyond.reversed().stream())
                    .filter(pod -> !isHealthy(pod))
                    .findFirst()
                    .orElse(null);
        }

        /// Replaces pods of another revision, from the last down to the partition.
        private void roll() {
            int unavailable = (int) wanted.values().stream()
                    .filter(pod -> !isHealthy(pod) || !isAvailable(pod))
                    .count();
            int budget = Math.max(1, maxUnavailable());
            for (int ordinal = start + replicas - 1; ordinal >= start + partition(); ordinal--) {
                Pod pod = wanted.get(ordinal);
                if (pod == null) {
                    return;
                }
                boolean stale = !update.equals(revision(pod));
                boolean down = !isHealthy(pod) || !isAvailable(pod);
                if (stale && !Pods.isTerminating(pod)) {
                    if (!down && unavailable >= budget) {
                        return;
                    }
                    delete.add(pod);
                    unavailable += down ? 0 : 1;
                    if (unavailable >= budget) {
                        return;
                    }
                } else if (down && unavailable >= budget) {
                    return;
                }
            }
        }

        /// While a rollout goes on, ordinals it has not reached get the old revision.
        private String revisionFor(int ordinal) {
            var strategy = set.getSpec().getUpdateStrategy();
            if (strategy != null
                    && strategy.getRollingUpdate() != null
                    && strategy.getRollingUpdate().getPartition() != null) {
                return ordinal < start + partition() ? current : update;
            }
            int stillOld = set.getStatus() == null || set.getStatus().getCurrentReplicas() == null
                    ? 0
                    : set.getStatus().getCurrentReplicas();
            return ordinal < start + stillOld ? current : update;
        }

        private int partition() {
            var strategy = set.getSpec().getUpdateStrategy();
            return strategy == null
                            || strategy.getRollingUpdate() == null
                            || strategy.getRollingUpdate().getPartition() == null
                    ? 0
                    : strategy.getRollingUpdate().getPartition();
        }

        private int maxUnavailable() {
            var strategy = set.getSpec().getUpdateStrategy();
            return strategy == null || strategy.getRollingUpdate() == null
                    ? 1
                    : IntOrPercent.of(strategy.getRollingUpdate().getMaxUnavailable(), replicas, true, 1);
        }

        private boolean isHealthy(Pod pod) {
            return Pods.isActive(pod) && Pods.isReady(pod);
        }

        private boolean isAvailable(Pod pod) {
            return Pods.isAvailable(pod, minReady, now);
        }

        private static @Nullable String revision(Pod pod) {
            return Labels.of(pod).get(RevisionHistory.POD_LABEL);
        }

        private StatefulSetStatus status() {
            List<Pod> live = all.stream().filter(pod -> !delete.contains(pod)).toList();
            int there = live.size() + create.size();
            int ready = (int) live.stream().filter(this::isHealthy).count();
            int available = (int) live.stream()
                    .filter(pod -> isHealthy(pod) && isAvailable(pod))
                    .count();
            int ofCurrent = count(live, current);
            int ofUpdate = count(live, update);
            String newCurrent = current;
            boolean complete = ofUpdate == there && ready == there && !current.equals(update) && there == replicas;
            if (complete && !isOnDelete()) {
                newCurrent = update;
            }
            if (newCurrent.equals(update)) {
                ofCurrent = ofUpdate;
            }
            return new StatefulSetStatusBuilder()
                    .withReplicas(there)
                    .withReadyReplicas(positive(ready))
                    .withAvailableReplicas(available)
                    .withCurrentReplicas(positive(ofCurrent))
                    .withUpdatedReplicas(positive(ofUpdate))
                    .withCurrentRevision(newCurrent)
                    .withUpdateRevision(update)
                    .withObservedGeneration(set.getMetadata().getGeneration())
                    .withCollisionCount(
                            set.getStatus() == null || set.getStatus().getCollisionCount() == null
                                    ? 0
                                    : set.getStatus().getCollisionCount())
                    .build();
        }

        private int count(List<Pod> live, String name) {
            int made = (int) create.values().stream().filter(name::equals).count();
            return made
                    + (int) live.stream()
                            .filter(pod -> !Pods.isTerminating(pod) && name.equals(revision(pod)))
                            .count();
        }

        private static @Nullable Integer positive(int count) {
            return count == 0 ? null : Integer.valueOf(count);
        }
    }
}
