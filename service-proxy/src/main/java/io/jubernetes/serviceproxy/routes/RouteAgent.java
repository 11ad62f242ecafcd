package io.jubernetes.serviceproxy.routes;

import io.fabric8.kubernetes.api.model.Node;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.serviceproxy.backend.Backend.Outcome;
import io.jubernetes.serviceproxy.backend.BackendException;
import io.jubernetes.serviceproxy.backend.Command;
import io.jubernetes.serviceproxy.sync.SyncLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/// Keeps this machine's routes to the pods of other machines.
public final class RouteAgent implements AutoCloseable, SyncLoop.Work {
    private final Set<String> nodes;
    private final Informed<Node> allNodes;
    private final PodRoutes routes;
    private final SyncLoop loop;
    private final List<Informed.Registration> registrations = new ArrayList<>();

    /// @param nodes the nodes of this machine
    /// @param owner tells several proxies on one machine apart
    public RouteAgent(
            Set<String> nodes, Informed<Node> allNodes, String owner, Command command, SyncLoop.Periods periods) {
        this.nodes = Set.copyOf(nodes);
        this.allNodes = allNodes;
        this.routes = new PodRoutes(owner, command);
        this.loop = new SyncLoop("pod-routes", periods, this, SyncLoop.SILENT);
    }

    /// Starts working; the cache must be filled.
    public void start() {
        registrations.add(allNodes.listen((before, after) -> {
            if (before == null || after == null || !PeerNode.of(before).equals(PeerNode.of(after))) {
                loop.changed();
            }
        }));
        loop.start();
    }

    @Override
    public Outcome sync() throws BackendException, InterruptedException {
        List<PeerNode> own = new ArrayList<>();
        List<PeerNode> peers = new ArrayList<>();
        for (Node node : allNodes.all()) {
            (nodes.contains(node.getMetadata().getName()) ? own : peers).addAll(PeerNode.of(node));
        }
        // Nodes that share our address are on this machine, whoever plays them.
        Set<String> ourAddresses = own.stream().map(PeerNode::address).collect(Collectors.toSet());
        peers.removeIf(peer -> ourAddresses.contains(peer.address()));
        return routes.set(own, peers) ? Outcome.PARTIAL : Outcome.UNCHANGED;
    }

    /// What somebody took away comes back by the same way.
    @Override
    public Outcome verify() throws BackendException, InterruptedException {
        return sync();
    }

    /// Removes all routes of a proxy of this name, whether or not it runs.
    ///
    /// @throws BackendException when one cannot be removed
    public static void purge(String owner) throws BackendException, InterruptedException {
        new PodRoutes(owner, Command.PLAIN).set(List.of(), List.of());
    }

    /// Stops working and keeps the routes, as traffic goes on.
    @Override
    public void close() {
        registrations.forEach(Informed.Registration::close);
        loop.close();
    }
}
