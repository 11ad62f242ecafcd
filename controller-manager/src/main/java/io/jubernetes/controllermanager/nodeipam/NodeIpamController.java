package io.jubernetes.controllermanager.nodeipam;

import io.fabric8.kubernetes.api.model.Node;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.controller.EventRecorder;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.RawApi;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.common.meta.ObjectKey;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import io.jubernetes.controllermanager.ControllerSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Sets `podCIDRs` of nodes that have none, one block of each cluster range. One worker, which alone knows what is
/// taken.
public final class NodeIpamController {
    private final ControllerContext context;
    private final Informed<Node> nodes;
    private final EventRecorder events;
    private final List<CidrRange> ranges;
    private final Map<String, List<String>> given = new HashMap<>();
    private boolean loaded;

    private NodeIpamController(ControllerContext context) {
        this.context = context;
        this.nodes = context.informers().of(Node.class);
        this.events = context.events("cidrAllocator");
        ControllerSettings settings = context.settings();
        this.ranges = settings.clusterCidrs().stream()
                .map(cidr -> CidrRange.of(cidr, settings.nodeCidrMaskSizeIpv4(), settings.nodeCidrMaskSizeIpv6()))
                .toList();
    }

    /// Empty unless `--allocate-node-cidrs` is on and there are ranges.
    public static Optional<Controller> create(String name, ControllerContext context) {
        if (!context.settings().allocateNodeCidrs()
                || context.settings().clusterCidrs().isEmpty()) {
            return Optional.empty();
        }
        var controller = new NodeIpamController(context);
        WorkQueue<ObjectKey> queue = context.queue(name);
        controller.nodes.listenAny(node -> queue.add(ObjectKey.of(node)));
        return Optional.of(Controller.of(context.runner(name, queue, (key, _) -> controller.reconcile(key), 1)));
    }

    /// Checks the ranges as the command line gives them.
    ///
    /// @throws IllegalArgumentException with the reason
    public static void check(ControllerSettings settings) {
        settings.clusterCidrs()
                .forEach(cidr -> CidrRange.of(cidr, settings.nodeCidrMaskSizeIpv4(), settings.nodeCidrMaskSizeIpv6()));
    }

    private Result reconcile(ObjectKey key) {
        if (!loaded) {
            // What nodes have must be known before anything is given out.
            nodes.all().forEach(this::occupy);
            loaded = true;
        }
        Node node = nodes.find(key).orElse(null);
        if (node == null) {
            release(key.name());
            return Result.done();
        }
        if (!cidrs(node).isEmpty()) {
            occupy(node);
            return Result.done();
        }
        List<String> own = given.get(key.name());
        if (own == null) {
            own = take();
            if (own.isEmpty()) {
                events.normal(node, "CIDRNotAvailable", "Node " + key.name() + " status is now: CIDRNotAvailable");
                return Result.again(Duration.ofSeconds(30));
            }
            given.put(key.name(), own);
        }
        var change = Json.object();
        change.putObject("metadata").put("uid", node.getMetadata().getUid());
        var spec = change.putObject("spec").put("podCIDR", own.getFirst());
        own.forEach(spec.putArray("podCIDRs")::add);
        context.raw().patch(RawApi.path(node), RawApi.MERGE_PATCH, change);
        return Result.done();
    }

    private List<String> take() {
        var blocks = new ArrayList<String>();
        for (CidrRange range : ranges) {
            Optional<String> block = range.take();
            if (block.isEmpty()) {
                for (int i = 0; i < blocks.size(); i++) {
                    ranges.get(i).release(blocks.get(i));
                }
                return List.of();
            }
            blocks.add(block.get());
        }
        return blocks;
    }

    private void occupy(Node node) {
        List<String> blocks = cidrs(node);
        if (!blocks.isEmpty()) {
            given.put(node.getMetadata().getName(), blocks);
            blocks.forEach(block -> ranges.forEach(range -> range.occupy(block)));
        }
    }

    private void release(String node) {
        List<String> blocks = given.remove(node);
        if (blocks != null) {
            blocks.forEach(block -> ranges.forEach(range -> range.release(block)));
        }
    }

    private static List<String> cidrs(Node node) {
        if (node.getSpec() == null) {
            return List.of();
        }
        List<String> several = node.getSpec().getPodCIDRs();
        String one = node.getSpec().getPodCIDR();
        return several != null && !several.isEmpty()
                ? several
                : one == null || one.isEmpty() ? List.of() : List.of(one);
    }
}
