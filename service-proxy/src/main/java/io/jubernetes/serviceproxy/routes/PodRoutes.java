package io.jubernetes.serviceproxy.routes;

import com.fasterxml.jackson.databind.JsonNode;
import io.jubernetes.serviceproxy.backend.BackendException;
import io.jubernetes.serviceproxy.backend.Command;
import io.jubernetes.serviceproxy.backend.Ip;
import io.jubernetes.serviceproxy.rules.IpFamily;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The kernel's routes to other nodes' pods. Ours are known by their protocol number, so those of an earlier run are
/// found again. Used by one thread at a time.
///
/// A node behind a router is reached by VXLAN. The tunnel needs no directory: the hardware address of a node's tunnel
/// follows from the node's own address ([#hardwareAddress]), and its address inside the tunnel is the first of its
/// pods' range.
final class PodRoutes {
    private static final Logger log = LoggerFactory.getLogger(PodRoutes.class);
    private static final int FIRST_PROTOCOL = 100;
    private static final int PROTOCOLS = 100;
    private static final String VXLAN_PORT = "4789";
    /// What VXLAN adds to a packet.
    private static final int VXLAN_BYTES = 50;

    /// Where a route leads.
    ///
    /// @param gateway the next machine
    private record Hop(String gateway, String device) {}

    private final Ip ip;
    private final Command command;
    private final String protocol;
    private final String tunnel;

    /// @param owner tells several proxies on one machine apart
    PodRoutes(String owner, Command command) {
        this.ip = new Ip(command);
        this.command = command;
        int number = Math.floorMod(owner.hashCode(), PROTOCOLS);
        this.protocol = Integer.toString(FIRST_PROTOCOL + number);
        this.tunnel = "jubvx" + number;
    }

    /// Makes these the routes there are.
    ///
    /// @param own this machine's nodes, whose tunnel others send to
    /// @param peers the others
    /// @return whether anything was to be done
    boolean set(Collection<PeerNode> own, Collection<PeerNode> peers) throws BackendException, InterruptedException {
        Map<String, Hop> there = there();
        Set<String> kept = new HashSet<>();
        boolean changed = false;
        boolean tunnelled = false;
        for (PeerNode peer : peers) {
            Optional<String> link = ip.linkOf(peer.address());
            if (link.isEmpty() && (IpFamily.IPV6.has(peer.address()) || !hasTunnel(own))) {
                log.debug("no way to the pods {} behind {}", peer.range(), peer.address());
                continue;
            }
            Hop hop = link.map(device -> new Hop(peer.address(), device))
                    .orElseGet(() -> new Hop(firstOf(peer.range()), tunnel));
            kept.add(peer.range());
            if (link.isEmpty()) {
                tunnelled = true;
                ip.run(
                        "neighbour",
                        "replace",
                        hop.gateway(),
                        "lladdr",
                        hardwareAddress(peer.address()),
                        "dev",
                        tunnel,
                        "nud",
                        "permanent");
                reachBy(peer.address());
            }
            if (!hop.equals(there.get(peer.range()))) {
                ip.run(
                        "route",
                        "replace",
                        peer.range(),
                        "via",
                        hop.gateway(),
                        "dev",
                        hop.device(),
                        "onlink",
                        "proto",
                        protocol);
                log.info("pods {} are behind {} on {}", peer.range(), peer.address(), hop.device());
                changed = true;
            }
        }
        for (var route : there.entrySet()) {
            if (!kept.contains(route.getKey())) {
                ip.run("route", "delete", route.getKey(), "proto", protocol);
                changed = true;
            }
        }
        if (!tunnelled && ip.ask("link", "show", tunnel).isPresent()) {
            ip.run("link", "delete", tunnel);
        }
        return changed;
    }

    private Map<String, Hop> there() throws BackendException, InterruptedException {
        Map<String, Hop> routes = new HashMap<>();
        for (String family : List.of("-4", "-6")) {
            Optional<JsonNode> all = ip.ask(family, "route", "show", "proto", protocol);
            if (all.isPresent()) {
                for (JsonNode route : all.get()) {
                    routes.put(
                            route.path("dst").asText(),
                            new Hop(
                                    route.path("gateway").asText(),
                                    route.path("dev").asText()));
                }
            }
        }
        return routes;
    }

    /// Makes this machine's end of the tunnel unless it is there.
    private boolean hasTunnel(Collection<PeerNode> own) throws BackendException, InterruptedException {
        Optional<PeerNode> self =
                own.stream().filter(node -> IpFamily.IPV4.has(node.address())).findFirst();
        if (self.isEmpty()) {
            return false;
        }
        if (ip.ask("link", "show", tunnel).isPresent()) {
            return true;
        }
        String address = self.get().address();
        ip.run(
                "link",
                "add",
                tunnel,
                "address",
                hardwareAddress(address),
                "mtu",
                Integer.toString(mtu(address)),
                "type",
                "vxlan",
                "id",
                "1",
                "dstport",
                VXLAN_PORT,
                "local",
                address,
                "nolearning");
        ip.run("address", "replace", firstOf(self.get().range()) + "/32", "dev", tunnel);
        ip.run("link", "set", tunnel, "up");
        return true;
    }

    /// What fits into a packet of the interface that has an address.
    private int mtu(String address) throws BackendException, InterruptedException {
        for (JsonNode link : ip.addresses()) {
            for (JsonNode each : link.path("addr_info")) {
                if (each.path("local").asText().equals(address)) {
                    return link.path("mtu").asInt() - VXLAN_BYTES;
                }
            }
        }
        throw new BackendException("the node's address " + address + " is on no interface of this machine");
    }

    private void reachBy(String address) throws BackendException, InterruptedException {
        Command.Result result = command.run(
                "bridge",
                "fdb",
                "replace",
                hardwareAddress(address),
                "dev",
                tunnel,
                "dst",
                address,
                "self",
                "permanent");
        if (!result.ok()) {
            throw new BackendException("bridge fdb: " + result.complaint());
        }
    }

    /// The hardware address of the tunnel's end on the node with an address.
    static String hardwareAddress(String address) {
        String[] parts = address.split("\\.", -1);
        return "02:6a:%02x:%02x:%02x:%02x"
                .formatted(
                        Integer.parseInt(parts[0]),
                        Integer.parseInt(parts[1]),
                        Integer.parseInt(parts[2]),
                        Integer.parseInt(parts[3]));
    }

    /// The first address of a range, which no pod has.
    private static String firstOf(String range) {
        return range.substring(0, range.indexOf('/'));
    }
}
