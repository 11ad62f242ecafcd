package io.jubernetes.controllermanager.nodelifecycle;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.NodeConditionBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
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
import io.jubernetes.controllermanager.workload.Labels;
import io.jubernetes.controllermanager.workload.Pods;
import io.jubernetes.controllermanager.workload.Times;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Watches over nodes: one that renews neither lease nor status is marked Unknown after the grace period,
/// and every node gets the taints its conditions ask for. Works by events and by one timer a node, set to
/// when its silence would be too long.
public final class NodeLifecycleController {
    static final String BY_NODE = "node";
    private static final String LEASES = "kube-node-lease";
    private static final List<String> CONDITIONS = List.of("Ready", "MemoryPressure", "DiskPressure", "PIDPressure");
    private static final Duration RETRY_EVICTION = Duration.ofSeconds(5);

    private final ControllerContext context;
    private final Informed<Node> nodes;
    private final Informed<Lease> leases;
    private final Informed<Pod> pods;
    private final EventRecorder events;
    private final Heartbeats heartbeats = new Heartbeats();
    private final ZoneHealth zoneHealth = new ZoneHealth(); // guarded by itself

    private NodeLifecycleController(ControllerContext context) {
        this.context = context;
        this.nodes = context.informers().of(Node.class);
        this.leases = context.informers()
                .of(Lease.class, LEASES, client -> client.resources(Lease.class).inNamespace(LEASES));
        this.pods = context.informers().of(Pod.class);
        this.events = context.events("node-controller");
    }

    public static Controller create(String name, ControllerContext context) {
        var controller = new NodeLifecycleController(context);
        WorkQueue<ObjectKey> queue = context.queue(name);
        indexByNode(controller.pods);
        controller.nodes.listenAny(node -> queue.add(ObjectKey.of(node)));
        controller.leases.listenAny(
                lease -> queue.add(new ObjectKey("", lease.getMetadata().getName())));
        return Controller.of(context.runner(name, queue, (key, _) -> controller.reconcile(key)));
    }

    /// Makes the index of pods by their node.
    public static void indexByNode(Informed<Pod> pods) {
        pods.index(BY_NODE, pod -> {
            String node = pod.getSpec().getNodeName();
            return node == null || node.isEmpty() ? List.of() : List.of(node);
        });
    }

    private Result reconcile(ObjectKey key) {
        Node node = nodes.find(key).orElse(null);
        if (node == null) {
            heartbeats.forget(key.name());
            return Result.done();
        }
        Instant now = context.clock().instant();
        Lease lease = leases.find(new ObjectKey(LEASES, key.name())).orElse(null);
        Duration grace = context.settings().nodeMonitorGracePeriod();
        Duration silence = heartbeats.silence(node, lease, now);
        boolean silent = silence.compareTo(grace) >= 0;
        String ready = silent ? "Unknown" : NodeTaints.status(node, "Ready");
        if (silent && !isMarkedUnknown(node)) {
            markUnknown(node, now);
        }
        boolean evicting = taint(node, ready, now);
        if (!ready.equals("True")) {
            markPodsNotReady(node, now);
            return Result.again(evicting ? grace : RETRY_EVICTION);
        }
        return Result.again(grace.minus(silence).plusMillis(100));
    }

    private static boolean isMarkedUnknown(Node node) {
        return node.getStatus() != null
                && CONDITIONS.stream()
                        .allMatch(type -> node.getStatus().getConditions().stream()
                                .anyMatch(condition ->
                                        type.equals(condition.getType()) && "Unknown".equals(condition.getStatus())));
    }

    private void markUnknown(Node node, Instant now) {
        String time = Times.text(now);
        var conditions = new ArrayList<NodeCondition>(
                node.getStatus() == null ? List.of() : node.getStatus().getConditions());
        for (String type : CONDITIONS) {
            NodeCondition there = conditions.stream()
                    .filter(condition -> type.equals(condition.getType()))
                    .findFirst()
                    .orElse(null);
            if (there == null) {
                conditions.add(new NodeConditionBuilder()
                        .withType(type)
                        .withStatus("Unknown")
                        .withReason("NodeStatusNeverUpdated")
                        .withMessage("Kubelet never posted node status.")
                        .withLastHeartbeatTime(node.getMetadata().getCreationTimestamp())
                        .withLastTransitionTime(time)
                        .build());
            } else if (!"Unknown".equals(there.getStatus())) {
                conditions.set(
                        conditions.indexOf(there),
                        there.toBuilder()
                                .withStatus("Unknown")
                                .withReason("NodeStatusUnknown")
                                .withMessage("Kubelet stopped posting node status.")
                                .withLastTransitionTime(time)
                                .build());
            }
        }
        boolean wasReady = NodeTaints.status(node, "Ready").equals("True");
        context.client()
                .resource(node.toBuilder()
                        .editOrNewStatus()
                        .withConditions(conditions)
                        .endStatus()
                        .build())
                .subresource("status")
                .update();
        if (wasReady) {
            events.normal(
                    node, "NodeNotReady", "Node " + node.getMetadata().getName() + " status is now: NodeNotReady");
        }
    }

    /// @return whether pods are being driven off, or need not be
    private boolean taint(Node node, String ready, Instant now) {
        boolean mayEvict = !ready.equals("True") && mayEvict(node, now);
        List<Taint> wanted = NodeTaints.of(node, ready, mayEvict, now);
        List<Taint> there = node.getSpec() == null ? List.of() : node.getSpec().getTaints();
        if (!NodeTaints.same(wanted, there)) {
            var change = Json.object();
            change.putObject("metadata")
                    .put("resourceVersion", node.getMetadata().getResourceVersion());
            change.putObject("spec").set("taints", Json.MAPPER.valueToTree(wanted));
            context.raw().patch(RawApi.path(node), RawApi.MERGE_PATCH, change);
        }
        return ready.equals("True") || wanted.stream().anyMatch(taint -> "NoExecute".equals(taint.getEffect()));
    }

    private boolean mayEvict(Node node, Instant now) {
        Map<String, List<Boolean>> zones = new HashMap<>();
        for (Node each : nodes.all()) {
            boolean self =
                    each.getMetadata().getName().equals(node.getMetadata().getName());
            zones.computeIfAbsent(zone(each), _ -> new ArrayList<>())
                    .add(!self && NodeTaints.status(each, "Ready").equals("True"));
        }
        synchronized (zoneHealth) {
            return zoneHealth.mayEvict(zone(node), zones, now);
        }
    }

    private static String zone(Node node) {
        var labels = Labels.of(node);
        return labels.getOrDefault("topology.kubernetes.io/region", "") + ":"
                + labels.getOrDefault("topology.kubernetes.io/zone", "");
    }

    /// Nobody else takes the pods of a dead node out of their Services.
    private void markPodsNotReady(Node node, Instant now) {
        for (Pod pod : pods.by(BY_NODE, node.getMetadata().getName())) {
            PodCondition ready = Pods.condition(pod, "Ready").orElse(null);
            if (ready == null || !"True".equals(ready.getStatus())) {
                continue;
            }
            var conditions = pod.getStatus().getConditions().stream()
                    .map(condition -> "Ready".equals(condition.getType())
                            ? condition.toBuilder()
                                    .withStatus("False")
                                    .withLastTransitionTime(Times.text(now))
                                    .build()
                            : condition)
                    .toList();
            try {
                context.client()
                        .resource(pod.toBuilder()
                                .editStatus()
                                .withConditions(conditions)
                                .endStatus()
                                .build())
                        .subresource("status")
                        .update();
                events.warning(pod, "NodeNotReady", "Node is not ready");
            } catch (KubernetesClientException e) {
                if (e.getCode() != 404) {
                    throw e;
                }
            }
        }
    }
}
