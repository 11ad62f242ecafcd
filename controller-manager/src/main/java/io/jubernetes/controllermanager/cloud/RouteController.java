package io.jubernetes.controllermanager.cloud;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeAddress;
import io.jubernetes.common.codec.Json;
import io.jubernetes.common.controller.EventRecorder;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.controller.KeyedReconciler.Result;
import io.jubernetes.common.controller.RawApi;
import io.jubernetes.common.controller.WorkQueue;
import io.jubernetes.controllermanager.Controller;
import io.jubernetes.controllermanager.ControllerContext;
import io.jubernetes.controllermanager.cloud.CloudProvider.Routes;
import io.jubernetes.controllermanager.cloud.CloudProvider.Routes.Route;
import io.jubernetes.controllermanager.workload.Times;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Keeps one route for each node's pod ranges, and says on the node that its pods can be reached.
final class RouteController {
    private static final Duration PERIOD = Duration.ofSeconds(10);
    private static final String CONDITION = "NetworkUnavailable";

    /// Pure.
    ///
    /// @param create by the route, the node it leads to
    record Plan(Map<Route, Node> create, Set<Route> delete, Set<String> complete) {
        static Plan of(List<Node> nodes, List<Route> existing) {
            var wanted = new HashMap<Route, Node>();
            for (Node node : nodes) {
                List<String> ranges =
                        node.getSpec() == null ? List.of() : node.getSpec().getPodCIDRs();
                for (String range : ranges) {
                    address(node, range.contains(":")).forEach(to -> wanted.put(new Route(to, range), node));
                }
            }
            var create = new HashMap<>(wanted);
            create.keySet().removeAll(new HashSet<>(existing));
            var delete = new HashSet<>(existing);
            delete.removeAll(wanted.keySet());
            var complete = new HashSet<String>();
            wanted.values().forEach(node -> complete.add(node.getMetadata().getName()));
            return new Plan(create, delete, complete);
        }

        private static List<String> address(Node node, boolean ipv6) {
            List<NodeAddress> addresses =
                    node.getStatus() == null ? List.of() : node.getStatus().getAddresses();
            return addresses.stream()
                    .filter(address -> "InternalIP".equals(address.getType()))
                    .map(NodeAddress::getAddress)
                    .filter(address -> address.contains(":") == ipv6)
                    .limit(1)
                    .toList();
        }
    }

    private final ControllerContext context;
    private final Routes routes;
    private final Informed<Node> nodes;
    private final EventRecorder events;

    private RouteController(ControllerContext context, Routes routes) {
        this.context = context;
        this.routes = routes;
        this.nodes = context.informers().of(Node.class);
        this.events = context.events("route_controller");
    }

    static Controller create(String name, ControllerContext context, Routes routes) {
        var controller = new RouteController(context, routes);
        WorkQueue<String> queue = context.queue(name);
        queue.add("all");
        controller.nodes.listen((before, after) -> {
            if (before == null || after == null || !waysTo(before).equals(waysTo(after))) {
                queue.add("all");
            }
        });
        return Controller.of(context.runner(name, queue, (_, _) -> controller.reconcile(), 1));
    }

    /// What of a node matters to routes.
    private static List<Object> waysTo(Node node) {
        return List.of(
                node.getSpec() == null ? List.of() : node.getSpec().getPodCIDRs(),
                node.getStatus() == null ? List.of() : node.getStatus().getAddresses());
    }

    private Result reconcile() {
        List<Node> all = nodes.all();
        try {
            Plan plan = Plan.of(all, routes.list());
            for (Route route : plan.delete()) {
                routes.delete(route);
            }
            var failed = new ArrayList<String>();
            plan.create().forEach((route, node) -> {
                try {
                    routes.create(route, node);
                } catch (IOException e) {
                    failed.add(node.getMetadata().getName());
                    events.warning(
                            node,
                            "FailedToCreateRoute",
                            "Could not create route to " + route.range() + ": " + e.getMessage());
                }
            });
            all.stream()
                    .filter(node -> plan.complete().contains(node.getMetadata().getName()))
                    .forEach(node ->
                            say(node, !failed.contains(node.getMetadata().getName())));
        } catch (IOException e) {
            throw new IllegalStateException("cannot read the routes: " + e.getMessage(), e);
        }
        return Result.again(PERIOD);
    }

    private void say(Node node, boolean routed) {
        String status = routed ? "False" : "True";
        boolean said = node.getStatus() != null
                && node.getStatus().getConditions().stream()
                        .anyMatch(condition ->
                                CONDITION.equals(condition.getType()) && status.equals(condition.getStatus()));
        if (said) {
            return;
        }
        String now = Times.now(context.clock());
        var change = Json.object();
        change.putObject("status")
                .putArray("conditions")
                .addObject()
                .put("type", CONDITION)
                .put("status", status)
                .put("reason", routed ? "RouteCreated" : "NoRouteCreated")
                .put("message", routed ? "RouteController created a route" : "RouteController failed to create a route")
                .put("lastHeartbeatTime", now)
                .put("lastTransitionTime", now);
        context.raw().patch(RawApi.path(node) + "/status", RawApi.STRATEGIC_PATCH, change);
    }
}
