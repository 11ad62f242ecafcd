package io.jubernetes.controllermanager.tainteviction;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.controller.EventRecorder;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.RawApi;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import io.jubernetes.controllermanager.nodelifecycle.NodeLifecycleController;
import io.jubernetes.controllermanager.workload.Pods;
import io.jubernetes.controllermanager.workload.Times;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// Deletes pods from nodes whose NoExecute taints they do not tolerate any longer.
public final class TaintEvictionController {
    private final ControllerContext context;
    private final Informed<Node> nodes;
    private final Informed<Pod> pods;
    private final EventRecorder events;
    /// Since when pods are known to be on nodes with taints they do not tolerate for ever: taints that
    /// people put do not say since when they are there.
    private final Map<ObjectKey, Instant> firstSeen = new ConcurrentHashMap<>();

    private TaintEvictionController(ControllerContext context) {
        this.context = context;
        this.nodes = context.informers().of(Node.class);
        this.pods = context.informers().of(Pod.class);
        this.events = context.events("taint-eviction-controller");
    }

    public static Controller create(String name, ControllerContext context) {
        var controller = new TaintEvictionController(context);
        NodeLifecycleController.indexByNode(controller.pods);
        WorkQueue<ObjectKey> queue = context.queue(name);
        controller.pods.listen((before, after) -> {
            if (after != null
                    && after.getSpec().getNodeName() != null
                    && (before == null
                            || !Objects.equals(
                                    before.getSpec().getNodeName(),
                                    after.getSpec().getNodeName())
                            || !before.getSpec()
                                    .getTolerations()
                                    .equals(after.getSpec().getTolerations()))) {
                queue.add(ObjectKey.of(after));
            }
        });
        controller.nodes.listen((before, after) -> {
            if (after != null && (before == null || !taints(before).equals(taints(after)))) {
                controller.pods.by("node", after.getMetadata().getName()).forEach(pod -> queue.add(ObjectKey.of(pod)));
            }
        });
        return Controller.of(context.runner(name, queue, (key, _) -> controller.reconcile(key)));
    }

    private static List<io.fabric8.kubernetes.api.model.Taint> taints(Node node) {
        return node.getSpec() == null ? List.of() : node.getSpec().getTaints();
    }

    private Result reconcile(ObjectKey key) {
        Pod pod = pods.find(key).orElse(null);
        if (pod == null || Pods.isTerminating(pod) || pod.getSpec().getNodeName() == null) {
            firstSeen.remove(key);
            return Result.done();
        }
        Optional<Node> node = nodes.find(new ObjectKey("", pod.getSpec().getNodeName()));
        Instant now = context.clock().instant();
        Instant seen = firstSeen.computeIfAbsent(key, _ -> now);
        Optional<Instant> leave =
                node.flatMap(each -> EvictionTime.of(taints(each), pod.getSpec().getTolerations(), seen));
        if (leave.isEmpty()) {
            firstSeen.remove(key);
            return Result.done();
        }
        if (leave.get().isAfter(now)) {
            return Result.again(Duration.between(now, leave.get()).plusMillis(10));
        }
        evict(pod, now);
        return Result.done();
    }

    private void evict(Pod pod, Instant now) {
        events.normal(pod, "TaintManagerEviction", "Marking for deletion Pod " + ObjectKey.of(pod));
        var change = Json.object();
        change.putObject("metadata").put("uid", pod.getMetadata().getUid());
        change.putObject("status")
                .putArray("conditions")
                .addObject()
                .put("type", "DisruptionTarget")
                .put("status", "True")
                .put("reason", "DeletionByTaintManager")
                .put("message", "Taint manager: deleting due to NoExecute taint")
                .put("lastTransitionTime", Times.text(now));
        try {
            context.raw().patch(RawApi.path(pod) + "/status", RawApi.STRATEGIC_PATCH, change);
            context.raw().delete(pod, null);
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404) {
                throw e;
            }
        }
    }
}
