package io.jubernetes.controllermanager.podgc;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.RawApi;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import io.jubernetes.controllermanager.workload.Pods;
import io.jubernetes.controllermanager.workload.Times;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/// Looks through all pods every 20 seconds.
public final class PodGcController {
    private static final Duration PERIOD = Duration.ofSeconds(20);
    /// A node that is not in the cache may just not be there yet.
    private static final Duration QUARANTINE = Duration.ofSeconds(40);

    private final ControllerContext context;
    private final Informed<Pod> pods;
    private final Informed<Node> nodes;
    private final Map<String, Instant> missingNodes = new HashMap<>(); // only the one worker

    private PodGcController(ControllerContext context) {
        this.context = context;
        this.pods = context.informers().of(Pod.class);
        this.nodes = context.informers().of(Node.class);
    }

    public static Controller create(String name, ControllerContext context) {
        var controller = new PodGcController(context);
        WorkQueue<String> queue = context.queue(name);
        queue.add("all");
        return Controller.of(context.runner(name, queue, (_, _) -> controller.collect(), 1));
    }

    private Result collect() {
        Instant now = context.clock().instant();
        List<Pod> all = pods.all();
        collectTerminated(all);
        collectOfGoneNodes(all, now);
        for (Pod pod : all) {
            if (Pods.isTerminating(pod) && !hasNode(pod)) {
                delete(pod, false, "");
            }
        }
        return Result.again(PERIOD);
    }

    private void collectTerminated(List<Pod> all) {
        int limit = context.settings().terminatedPodThreshold();
        if (limit <= 0) {
            return;
        }
        List<Pod> terminated = all.stream()
                .filter(Pods::isTerminal)
                .sorted(Comparator.<Pod, Instant>comparing(
                                pod -> Times.parse(pod.getMetadata().getCreationTimestamp())
                                        .orElse(Instant.EPOCH))
                        .thenComparing(pod -> pod.getMetadata().getName()))
                .toList();
        terminated.subList(0, Math.max(0, terminated.size() - limit)).forEach(pod -> delete(pod, false, ""));
    }

    private void collectOfGoneNodes(List<Pod> all, Instant now) {
        Set<String> missing = new HashSet<>();
        for (Pod pod : all) {
            if (hasNode(pod)
                    && nodes.find(new ObjectKey("", pod.getSpec().getNodeName()))
                            .isEmpty()) {
                missing.add(pod.getSpec().getNodeName());
            }
        }
        missingNodes.keySet().retainAll(missing);
        for (String node : missing) {
            Instant since = missingNodes.computeIfAbsent(node, _ -> now);
            if (since.plus(QUARANTINE).isAfter(now)
                    || context.client().nodes().withName(node).get() != null) {
                continue;
            }
            all.stream()
                    .filter(pod -> node.equals(pod.getSpec().getNodeName()))
                    .forEach(pod -> delete(pod, true, "PodGC: node no longer exists"));
        }
    }

    private static boolean hasNode(Pod pod) {
        return !Objects.requireNonNullElse(pod.getSpec().getNodeName(), "").isEmpty();
    }

    private void delete(Pod pod, boolean markFailed, String why) {
        try {
            if (markFailed && !Pods.isTerminal(pod)) {
                var change = Json.object();
                change.putObject("metadata").put("uid", pod.getMetadata().getUid());
                var status = change.putObject("status").put("phase", "Failed");
                status.putArray("conditions")
                        .addObject()
                        .put("type", "DisruptionTarget")
                        .put("status", "True")
                        .put("reason", "DeletionByPodGC")
                        .put("message", why)
                        .put("lastTransitionTime", Times.now(context.clock()));
                context.raw().patch(RawApi.path(pod) + "/status", RawApi.STRATEGIC_PATCH, change);
            }
            var options = Json.object()
                    .put("kind", "DeleteOptions")
                    .put("apiVersion", "v1")
                    .put("gracePeriodSeconds", 0);
            options.putObject("preconditions").put("uid", pod.getMetadata().getUid());
            context.raw().delete(RawApi.path(pod), options);
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404) {
                throw e;
            }
        }
    }
}
