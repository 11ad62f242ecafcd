package io.jubernetes.controllermanager.cloud;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.TaintBuilder;
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
import io.jubernetes.controllermanager.cloud.CloudProvider.Machines;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Removes nodes whose machines are gone, and marks those whose machines are shut down.
final class NodeLifecycleController {
    static final String SHUTDOWN = "node.cloudprovider.kubernetes.io/shutdown";
    private static final Duration PERIOD = Duration.ofSeconds(5);

    private final ControllerContext context;
    private final Machines machines;
    private final Informed<Node> nodes;
    private final EventRecorder events;

    private NodeLifecycleController(ControllerContext context, Machines machines) {
        this.context = context;
        this.machines = machines;
        this.nodes = context.informers().of(Node.class);
        this.events = context.events("cloud-node-lifecycle-controller");
    }

    static Controller create(String name, ControllerContext context, Machines machines) {
        var controller = new NodeLifecycleController(context, machines);
        WorkQueue<ObjectKey> queue = context.queue(name);
        controller.nodes.listen((_, after) -> {
            if (after != null) {
                queue.add(ObjectKey.of(after));
            }
        });
        return Controller.of(context.runner(name, queue, (key, _) -> controller.reconcile(key)));
    }

    private Result reconcile(ObjectKey key) {
        Node node = nodes.find(key).orElse(null);
        if (node == null || NodeController.isNew(node)) {
            return Result.done();
        }
        boolean ready = node.getStatus() != null
                && node.getStatus().getConditions().stream()
                        .anyMatch(condition ->
                                "Ready".equals(condition.getType()) && "True".equals(condition.getStatus()));
        try {
            if (ready) {
                mark(node, false);
                return Result.done();
            }
            if (!machines.exists(node)) {
                events.normal(
                        node,
                        "DeletingNode",
                        "Deleting node " + key.name() + " because it does not exist in the cloud provider");
                delete(node);
                return Result.done();
            }
            mark(node, machines.isShutDown(node));
            return Result.again(PERIOD);
        } catch (IOException e) {
            throw new IllegalStateException(
                    "cannot read about the machine of " + key.name() + ": " + e.getMessage(), e);
        }
    }

    private void delete(Node node) {
        try {
            context.raw().delete(node, null);
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404) {
                throw e;
            }
        }
    }

    private void mark(Node node, boolean down) {
        List<Taint> there = node.getSpec() == null ? List.of() : node.getSpec().getTaints();
        boolean marked = there.stream().anyMatch(taint -> SHUTDOWN.equals(taint.getKey()));
        if (marked == down) {
            return;
        }
        var taints = new ArrayList<>(there);
        taints.removeIf(taint -> SHUTDOWN.equals(taint.getKey()));
        if (down) {
            taints.add(new TaintBuilder()
                    .withKey(SHUTDOWN)
                    .withEffect("NoSchedule")
                    .build());
        }
        var change = Json.object();
        change.putObject("metadata").put("resourceVersion", node.getMetadata().getResourceVersion());
        change.putObject("spec").set("taints", Json.MAPPER.valueToTree(taints));
        context.raw().patch(RawApi.path(node), RawApi.MERGE_PATCH, change);
    }
}
