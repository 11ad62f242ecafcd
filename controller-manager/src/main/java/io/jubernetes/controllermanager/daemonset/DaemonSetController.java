package io.jubernetes.controllermanager.daemonset;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.controller.EventRecorder;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.OwnWrites;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.meta.LabelSelectors;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import io.jubernetes.controllermanager.workload.Claims;
import io.jubernetes.controllermanager.workload.Labels;
import io.jubernetes.controllermanager.workload.Owners;
import io.jubernetes.controllermanager.workload.PodControl;
import io.jubernetes.controllermanager.workload.PodOwnerHandler;
import io.jubernetes.controllermanager.workload.Pods;
import io.jubernetes.controllermanager.workload.RevisionHistory;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/// Keeps one pod of each daemon set on each of its nodes.
public final class DaemonSetController {
    private static final Duration CACHE_LAG = Duration.ofMillis(20);

    private final ControllerContext context;
    private final Informed<DaemonSet> sets;
    private final Informed<Pod> pods;
    private final Informed<Node> nodes;
    private final OwnWrites<Pod> writes;
    private final EventRecorder events;
    private final PodControl control;
    private final Claims claims;
    private final RevisionHistory history;
    private final FailedPodBackoff failures = new FailedPodBackoff();

    private DaemonSetController(ControllerContext context) {
        this.context = context;
        this.sets = context.informers().of(DaemonSet.class);
        this.pods = context.informers().of(Pod.class);
        this.nodes = context.informers().of(Node.class);
        Owners.index(pods);
        this.writes = new OwnWrites<>(pods);
        this.events = context.events("daemonset-controller");
        this.control = new PodControl(context.client(), context.raw(), events, writes);
        this.claims = new Claims(context.raw());
        this.history = new RevisionHistory(
                context.client(), context.raw(), context.informers().of(ControllerRevision.class));
    }

    public static Controller create(String name, ControllerContext context) {
        var controller = new DaemonSetController(context);
        WorkQueue<ObjectKey> queue = context.queue(name);
        controller.sets.listenAny(set -> queue.add(ObjectKey.of(set)));
        controller.pods.listen(new PodOwnerHandler<Pod, DaemonSet>(
                "DaemonSet",
                controller.sets,
                (set, labels) -> LabelSelectors.matches(set.getSpec().getSelector(), labels),
                queue::add));
        controller.nodes.listen((before, after) -> {
            boolean matters = before == null
                    || after == null
                    || !Labels.of(before).equals(Labels.of(after))
                    || !Objects.equals(before.getSpec(), after.getSpec());
            if (matters) {
                controller.sets.all().forEach(set -> queue.add(ObjectKey.of(set)));
            }
        });
        return Controller.of(context.runner(name, queue, (key, _) -> controller.reconcile(key)));
    }

    private Result reconcile(ObjectKey key) throws InterruptedException {
        DaemonSet set = sets.find(key).orElse(null);
        if (set == null) {
            writes.forget(key);
            return Result.done();
        }
        if (set.getMetadata().getDeletionTimestamp() != null) {
            return Result.done();
        }
        if (writes.behind(key)) {
            return Result.again(CACHE_LAG);
        }
        try {
            return manage(set);
        } catch (KubernetesClientException e) {
            if (PodControl.isNamespaceTerminating(e)) {
                return Result.done();
            }
            throw e;
        }
    }

    private Result manage(DaemonSet set) throws InterruptedException {
        Instant now = context.clock().instant();
        ControllerRevision current = history.current(
                set,
                set.getSpec().getTemplate(),
                set.getStatus() == null ? null : set.getStatus().getCollisionCount());
        String hash = RevisionHistory.hash(current);
        List<Pod> own = claims.carryOut(
                set,
                Claims.Plan.of(
                        set,
                        pod -> LabelSelectors.matches(
                                set.getSpec().getSelector(), pod.getMetadata().getLabels()),
                        Owners.candidates(pods, set)),
                () -> context.client().resource(set).get());
        DaemonPlan plan = DaemonPlan.of(set, nodes.all(), own, hash, now);
        plan.failed().stream()
                .filter(pod -> failures.failed(set, pod, now))
                .forEach(pod -> events.warning(
                        set,
                        "FailedDaemonPod",
                        "Found failed daemon pod " + ObjectKey.of(pod) + " on node "
                                + pod.getSpec().getNodeName() + ", will try to kill it"));
        List<Pod> waiting = plan.failed().stream()
                .filter(pod -> failures.isWaiting(set, pod, now))
                .toList();
        control.deleteMany(
                set,
                plan.delete().stream().filter(pod -> !waiting.contains(pod)).toList());
        for (String node : plan.create()) {
            Pod _ = control.create(set, DaemonPods.forNode(set, node, hash));
        }
        if (!plan.status().equals(set.getStatus())) {
            context.client()
                    .resource(set.toBuilder().withStatus(plan.status()).build())
                    .subresource("status")
                    .update();
        }
        truncate(set, own, current);
        if (!waiting.isEmpty()) {
            return Result.again(failures.untilNext(set, waiting, now));
        }
        Integer minReady = set.getSpec().getMinReadySeconds();
        return minReady == null || minReady == 0
                ? Result.done()
                : own.stream()
                        .flatMap(pod -> Pods.untilAvailable(pod, minReady, now).stream())
                        .filter(left -> !left.isZero())
                        .min(Duration::compareTo)
                        .map(left -> Result.again(left.plusMillis(10)))
                        .orElse(Result.done());
    }

    private void truncate(DaemonSet set, List<Pod> own, ControllerRevision current) {
        Set<String> used = new HashSet<>();
        used.add(current.getMetadata().getName());
        own.forEach(pod ->
                used.add(set.getMetadata().getName() + "-" + Labels.of(pod).get(RevisionHistory.POD_LABEL)));
        history.truncate(set, set.getSpec().getRevisionHistoryLimit(), used);
    }
}
