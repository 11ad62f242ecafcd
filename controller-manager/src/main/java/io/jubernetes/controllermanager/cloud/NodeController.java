package io.jubernetes.controllermanager.cloud;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeAddress;
import io.fabric8.kubernetes.api.model.Taint;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.controller.EventRecorder;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.RawApi;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import io.jubernetes.controllermanager.cloud.CloudProvider.Machine;
import io.jubernetes.controllermanager.cloud.CloudProvider.Machines;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Tells new nodes what the provider knows of their machines, and keeps their addresses current. A kubelet with
/// `--cloud-provider=external` waits for it behind a taint.
final class NodeController {
    static final String UNINITIALIZED = "node.cloudprovider.kubernetes.io/uninitialized";
    private static final Duration PERIOD = Duration.ofMinutes(5);

    private final ControllerContext context;
    private final Machines machines;
    private final Informed<Node> nodes;
    private final EventRecorder events;

    private NodeController(ControllerContext context, Machines machines) {
        this.context = context;
        this.machines = machines;
        this.nodes = context.informers().of(Node.class);
        this.events = context.events("cloud-node-controller");
    }

    static Controller create(String name, ControllerContext context, Machines machines) {
        var controller = new NodeController(context, machines);
        WorkQueue<ObjectKey> queue = context.queue(name);
        controller.nodes.listen((before, after) -> {
            if (after != null && (before == null || isNew(after))) {
                queue.add(ObjectKey.of(after));
            }
        });
        return Controller.of(context.runner(name, queue, (key, _) -> controller.reconcile(key)));
    }

    static boolean isNew(Node node) {
        return node.getSpec() != null
                && node.getSpec().getTaints().stream().anyMatch(taint -> UNINITIALIZED.equals(taint.getKey()));
    }

    private Result reconcile(ObjectKey key) {
        Node node = nodes.find(key).orElse(null);
        if (node == null) {
            return Result.done();
        }
        try {
            Machine machine = machines.describe(node);
            if (isNew(node)) {
                initialize(node, machine);
            }
            updateAddresses(node, machine);
        } catch (IOException e) {
            throw new IllegalStateException(
                    "cannot read about the machine of " + key.name() + ": " + e.getMessage(), e);
        }
        return Result.again(PERIOD);
    }

    private void initialize(Node node, Machine machine) {
        Map<String, String> labels = new LinkedHashMap<>(machine.labels());
        put(labels, "node.kubernetes.io/instance-type", machine.instanceType());
        put(labels, "topology.kubernetes.io/zone", machine.zone());
        put(labels, "topology.kubernetes.io/region", machine.region());
        List<Taint> taints = node.getSpec().getTaints().stream()
                .filter(taint -> !UNINITIALIZED.equals(taint.getKey()))
                .toList();
        ObjectNode change = Json.object();
        var metadata = change.putObject("metadata")
                .put("resourceVersion", node.getMetadata().getResourceVersion());
        metadata.set("labels", Json.MAPPER.valueToTree(labels));
        ObjectNode spec = change.putObject("spec");
        if (node.getSpec().getProviderID() == null) {
            spec.put("providerID", machine.providerId());
        }
        spec.set("taints", Json.MAPPER.valueToTree(taints));
        context.raw().patch(RawApi.path(node), RawApi.MERGE_PATCH, change);
        events.normal(node, "Synced", "Node synced successfully");
    }

    private void updateAddresses(Node node, Machine machine) {
        List<NodeAddress> there =
                node.getStatus() == null ? List.of() : node.getStatus().getAddresses();
        if (machine.addresses().isEmpty() || machine.addresses().equals(there)) {
            return;
        }
        ObjectNode change = Json.object();
        change.putObject("status").set("addresses", Json.MAPPER.valueToTree(machine.addresses()));
        context.raw().patch(RawApi.path(node) + "/status", RawApi.MERGE_PATCH, change);
    }

    private static void put(Map<String, String> labels, String key, String value) {
        if (!value.isEmpty()) {
            labels.put(key, value);
        }
    }
}
