package io.jubernetes.controllermanager.replicaset;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.Lister;
import io.jubernetes.common.controller.OwnWrites;
import io.jubernetes.common.controller.Reconciler;
import io.jubernetes.common.meta.LabelSelectors;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.common.time.Deadline;
import io.jubernetes.controllermanager.workload.Claims;
import io.jubernetes.controllermanager.workload.Owners;
import io.jubernetes.controllermanager.workload.PodControl;
import io.jubernetes.controllermanager.workload.Pods;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Keeps a replica set's pods at the wanted number and its status true.
final class ReplicaSetReconciler implements Reconciler {
    private static final Duration CACHE_LAG = Duration.ofMillis(20);

    private final KubernetesClient client;
    private final Lister<ReplicaSet> sets;
    private final Informed<ReplicaSet> setsByOwner;
    private final Informed<Pod> pods;
    private final OwnWrites<Pod> writes;
    private final PodControl control;
    private final Claims claims;
    private final Clock clock;

    ReplicaSetReconciler(
            KubernetesClient client,
            Informed<ReplicaSet> sets,
            Informed<Pod> pods,
            OwnWrites<Pod> writes,
            PodControl control,
            Claims claims,
            Clock clock) {
        this.client = client;
        this.sets = sets;
        this.setsByOwner = sets;
        this.pods = pods;
        this.writes = writes;
        this.control = control;
        this.claims = claims;
        this.clock = clock;
    }

    @Override
    public Result reconcile(ObjectKey key, Deadline deadline) throws InterruptedException {
        ReplicaSet set = sets.find(key).orElse(null);
        if (set == null) {
            writes.forget(key);
            return Result.done();
        }
        if (writes.behind(key)) {
            return Result.again(CACHE_LAG);
        }
        Instant now = clock.instant();
        List<Pod> own = claimedPods(set);
        List<Pod> active = own.stream().filter(Pods::isActive).toList();
        int terminating = (int) own.stream()
                .filter(pod -> Pods.isTerminating(pod) && !Pods.isTerminal(pod))
                .count();
        RuntimeException failure = null;
        ReplicaPlan plan = new ReplicaPlan(0, List.of());
        if (set.getMetadata().getDeletionTimestamp() == null) {
            plan = ReplicaPlan.of(set.getSpec().getReplicas(), active, podsOfNode(set, active), now);
            try {
                carryOut(set, plan);
            } catch (KubernetesClientException e) {
                if (PodControl.isNamespaceTerminating(e)) {
                    return Result.done();
                }
                failure = e;
            }
        }
        var status = ReplicaSetStatuses.of(set, active, terminating, plan, failure, now);
        if (!status.equals(set.getStatus())) {
            client.resource(set.toBuilder().withStatus(status).build())
                    .subresource("status")
                    .update();
        }
        if (failure != null) {
            throw failure;
        }
        return again(set, active, now);
    }

    private List<Pod> claimedPods(ReplicaSet set) {
        var selector = set.getSpec().getSelector();
        var plan = Claims.Plan.<Pod>of(
                set,
                pod -> LabelSelectors.matches(selector, pod.getMetadata().getLabels()),
                Owners.candidates(pods, set).stream()
                        .filter(pod -> !Pods.isTerminal(pod))
                        .toList());
        return claims.carryOut(set, plan, () -> client.resource(set).get());
    }

    private void carryOut(ReplicaSet set, ReplicaPlan plan) throws InterruptedException {
        if (plan.create() > 0) {
            control.createMany(set, PodControl.fromTemplate(set, set.getSpec().getTemplate()), plan.create());
        } else if (!plan.delete().isEmpty()) {
            control.deleteMany(set, plan.delete());
        }
    }

    /// Pods of the same workload are those of all replica sets with the same controller.
    private Map<String, Integer> podsOfNode(ReplicaSet set, List<Pod> active) {
        var count = new HashMap<String, Integer>();
        List<ReplicaSet> related = Owners.controllerOf(set)
                .map(owner -> setsByOwner.by(Owners.INDEX, owner.getUid()))
                .orElse(List.of(set));
        for (ReplicaSet each : related) {
            List<Pod> of = each.getMetadata().getUid().equals(set.getMetadata().getUid())
                    ? active
                    : pods.by(Owners.INDEX, each.getMetadata().getUid());
            of.stream()
                    .filter(Pods::isActive)
                    .map(pod -> pod.getSpec().getNodeName())
                    .filter(node -> node != null && !node.isEmpty())
                    .forEach(node -> count.merge(node, 1, Integer::sum));
        }
        return count;
    }

    /// A ready pod becomes available by the passing of time, which no event tells.
    private static Result again(ReplicaSet set, List<Pod> active, Instant now) {
        Integer minReady = set.getSpec().getMinReadySeconds();
        if (minReady == null || minReady <= 0) {
            return Result.done();
        }
        Optional<Duration> next = active.stream()
                .flatMap(pod -> Pods.untilAvailable(pod, minReady, now).stream())
                .filter(left -> !left.isZero())
                .min(Duration::compareTo);
        return next.map(left -> Result.again(left.plusMillis(10))).orElse(Result.done());
    }
}
