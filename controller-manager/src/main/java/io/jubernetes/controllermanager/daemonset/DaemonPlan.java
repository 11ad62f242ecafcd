package io.jubernetes.controllermanager.daemonset;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.DaemonSetStatus;
import io.fabric8.kubernetes.api.model.apps.DaemonSetStatusBuilder;
import io.fabric8.kubernetes.api.model.apps.RollingUpdateDaemonSet;
import io.jubernetes.controllermanager.workload.IntOrPercent;
import io.jubernetes.controllermanager.workload.Labels;
import io.jubernetes.controllermanager.workload.Pods;
import io.jubernetes.controllermanager.workload.RevisionHistory;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// On which nodes to start a pod and which pods to delete, and the status that shows it. Pure.
///
/// @param create names of nodes
/// @param failed of the deleted, those that had failed; they come back after a back-off
record DaemonPlan(List<String> create, List<Pod> delete, List<Pod> failed, DaemonSetStatus status) {

    static DaemonPlan of(DaemonSet set, List<Node> nodes, List<Pod> pods, String hash, Instant now) {
        Map<String, List<Pod>> byNode = new HashMap<>();
        pods.forEach(pod -> DaemonPods.nodeOf(pod)
                .ifPresent(node ->
                        byNode.computeIfAbsent(node, _ -> new ArrayList<>()).add(pod)));
        return new Decision(set, nodes, byNode, hash, now).decide();
    }

    private record Decision(DaemonSet set, List<Node> nodes, Map<String, List<Pod>> byNode, String hash, Instant now) {
        DaemonPlan decide() {
            var create = new ArrayList<String>();
            var delete = new ArrayList<Pod>();
            var failed = new ArrayList<Pod>();
            int desired = 0;
            for (Node node : nodes) {
                String name = node.getMetadata().getName();
                DaemonPods.Belongs belongs = DaemonPods.belongs(set, node);
                desired += belongs.run() ? 1 : 0;
                List<Pod> there = byNode.getOrDefault(name, List.of());
                if (!belongs.stay()) {
                    there.stream().filter(pod -> !Pods.isTerminating(pod)).forEach(delete::add);
                    continue;
                }
                boolean leaving = false;
                var running = new ArrayList<Pod>();
                for (Pod pod : there) {
                    if (Pods.isTerminating(pod)) {
                        leaving = true;
                    } else if (Pods.isTerminal(pod)) {
                        delete.add(pod);
                        if (Pods.phase(pod).equals("Failed")) {
                            failed.add(pod);
                        }
                    } else {
                        running.add(pod);
                    }
                }
                if (running.isEmpty()) {
                    boolean isFree = !leaving && there.isEmpty();
                    if (belongs.run() && isFree) {
                        create.add(name);
                    }
                } else if (surge() == 0) {
                    running.sort(OLDEST_FIRST);
                    delete.addAll(running.subList(1, running.size()));
                }
            }
            if (isRolling()) {
                roll(desired, create, delete);
            }
            return new DaemonPlan(create, delete, failed, status(desired));
        }

        private static final Comparator<Pod> OLDEST_FIRST = Comparator.<Pod, Boolean>comparing(
                        pod -> pod.getSpec().getNodeName() == null)
                .thenComparing(
                        pod -> Objects.requireNonNullElse(pod.getMetadata().getCreationTimestamp(), ""))
                .thenComparing(pod -> pod.getMetadata().getName());

        private boolean isRolling() {
            var strategy = set.getSpec().getUpdateStrategy();
            return strategy == null || !"OnDelete".equals(strategy.getType());
        }

        private int desiredOf(boolean surge, int desired) {
            var strategy = set.getSpec().getUpdateStrategy();
            RollingUpdateDaemonSet rolling = strategy == null ? null : strategy.getRollingUpdate();
            if (surge) {
                return rolling == null ? 0 : IntOrPercent.of(rolling.getMaxSurge(), desired, true, 0);
            }
            return rolling == null ? 1 : IntOrPercent.of(rolling.getMaxUnavailable(), desired, true, 1);
        }

        private int surge() {
            return desiredOf(true, Math.max(1, nodes.size()));
        }

        /// Replaces old pods: those that are not available at once, the others as far as enough stay.
        private void roll(int desired, List<String> create, List<Pod> delete) {
            int maxSurge = desiredOf(true, desired);
            int budget = Math.max(desiredOf(false, desired), maxSurge > 0 ? 0 : 1);
            int surging = 0;
            var replaceable = new ArrayList<Pod>();
            var surgeable = new ArrayList<String>();
            for (Node node : nodes) {
                String name = node.getMetadata().getName();
                if (!DaemonPods.belongs(set, node).run()) {
                    continue;
                }
                List<Pod> live = byNode.getOrDefault(name, List.of()).stream()
                        .filter(Pods::isActive)
                        .filter(pod -> !delete.contains(pod))
                        .toList();
                List<Pod> old = live.stream().filter(pod -> !isUpdated(pod)).toList();
                boolean newAvailable = live.stream().anyMatch(pod -> isUpdated(pod) && isAvailable(pod));
                boolean oldAvailable = old.stream().anyMatch(this::isAvailable);
                if (!newAvailable && !oldAvailable) {
                    budget--;
                }
                if (old.isEmpty()) {
                    continue;
                }
                if (newAvailable || !oldAvailable) {
                    delete.addAll(old);
                } else if (live.size() > old.size()) {
                    surging++;
                } else if (maxSurge > 0) {
                    surgeable.add(name);
                } else {
                    replaceable.addAll(old);
                }
            }
            replaceable.stream().limit(Math.max(0, budget)).forEach(delete::add);
            surgeable.stream().limit(Math.max(0, maxSurge - surging)).forEach(create::add);
        }

        private boolean isUpdated(Pod pod) {
            return hash.equals(Labels.of(pod).get(RevisionHistory.POD_LABEL));
        }

        private boolean isAvailable(Pod pod) {
            Integer minReady = set.getSpec().getMinReadySeconds();
            return Pods.isAvailable(pod, minReady == null ? 0 : minReady, now);
        }

        private DaemonSetStatus status(int desired) {
            int scheduled = 0;
            int misscheduled = 0;
            int ready = 0;
            int available = 0;
            int updated = 0;
            for (Node node : nodes) {
                List<Pod> there = byNode.getOrDefault(node.getMetadata().getName(), List.of()).stream()
                        .filter(pod -> !Pods.isTerminating(pod))
                        .sorted(OLDEST_FIRST)
                        .toList();
                boolean run = DaemonPods.belongs(set, node).run();
                if (there.isEmpty()) {
                    continue;
                }
                if (!run) {
                    misscheduled++;
                    continue;
                }
                scheduled++;
                ready += there.stream().anyMatch(Pods::isReady) ? 1 : 0;
                available += there.stream().anyMatch(this::isAvailable) ? 1 : 0;
                updated += there.stream().anyMatch(this::isUpdated) ? 1 : 0;
            }
            return new DaemonSetStatusBuilder()
                    .withCurrentNumberScheduled(scheduled)
                    .withDesiredNumberScheduled(desired)
                    .withNumberMisscheduled(misscheduled)
                    .withNumberReady(ready)
                    .withUpdatedNumberScheduled(updated == 0 ? null : Integer.valueOf(updated))
                    .withNumberAvailable(available == 0 ? null : Integer.valueOf(available))
                    .withNumberUnavailable(desired == available ? null : Integer.valueOf(desired - available))
                    .withObservedGeneration(set.getMetadata().getGeneration())
                    .withCollisionCount(
                            set.getStatus() == null ? null : set.getStatus().getCollisionCount())
                    .build();
        }
    }
}
