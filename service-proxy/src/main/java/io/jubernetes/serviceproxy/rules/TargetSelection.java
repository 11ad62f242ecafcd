package io.jubernetes.serviceproxy.rules;

import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointConditions;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/// Chooses the endpoints of one port that get traffic: the ready ones, and when none is ready those that are being
/// terminated but still serve. The choice is made for all nodes and for this node separately, because a node whose last
/// pods are going away must go on serving its load balancer while other nodes have ready ones.
///
/// @param everywhere sorted, no duplicates
/// @param here those on this node
record TargetSelection(List<Target> everywhere, List<Target> here) {
    private enum Rank {
        READY,
        TERMINATING,
        NONE
    }

    private record Candidate(Target target, Rank rank) {}

    static TargetSelection of(
            Collection<EndpointSlice> slices, IpFamily family, String portName, Protocol protocol, String node) {
        // The same endpoint may be in two slices while it moves between them; the better word counts.
        Map<String, Map<Integer, Candidate>> found = new TreeMap<>();
        String addressType = family == IpFamily.IPV4 ? "IPv4" : "IPv6";
        for (EndpointSlice slice : slices) {
            if (!addressType.equals(slice.getAddressType()) || slice.getEndpoints() == null) {
                continue;
            }
            int port = port(slice, portName, protocol);
            if (port == 0) {
                continue;
            }
            for (Endpoint endpoint : slice.getEndpoints()) {
                Rank rank = rank(endpoint.getConditions());
                // All addresses of an endpoint lead to the same pod; clients are sent to the first.
                if (rank != Rank.NONE
                        && endpoint.getAddresses() != null
                        && !endpoint.getAddresses().isEmpty()
                        && family.has(endpoint.getAddresses().getFirst())) {
                    String address = endpoint.getAddresses().getFirst();
                    var candidate = new Candidate(new Target(address, port, place(endpoint, node)), rank);
                    found.computeIfAbsent(address, _ -> new TreeMap<>())
                            .merge(port, candidate, (a, b) -> a.rank().compareTo(b.rank()) <= 0 ? a : b);
                }
            }
        }
        List<Candidate> all = found.values().stream()
                .flatMap(ports -> ports.values().stream())
                .toList();
        return new TargetSelection(
                best(all),
                best(all.stream()
                        .filter(candidate -> candidate.target().place() == Target.Place.HERE)
                        .toList()));
    }

    private static List<Target> best(List<Candidate> candidates) {
        boolean anyReady = candidates.stream().anyMatch(candidate -> candidate.rank() == Rank.READY);
        Rank wanted = anyReady ? Rank.READY : Rank.TERMINATING;
        return candidates.stream()
                .filter(candidate -> candidate.rank() == wanted)
                .map(Candidate::target)
                .sorted()
                .toList();
    }

    private static Rank rank(@org.jspecify.annotations.Nullable EndpointConditions conditions) {
        if (conditions == null || !Boolean.FALSE.equals(conditions.getReady())) {
            return Rank.READY;
        }
        boolean terminating = Boolean.TRUE.equals(conditions.getTerminating());
        return terminating && Boolean.TRUE.equals(conditions.getServing()) ? Rank.TERMINATING : Rank.NONE;
    }

    private static Target.Place place(Endpoint endpoint, String node) {
        String name = endpoint.getNodeName();
        if (name == null || name.isEmpty()) {
            return Target.Place.UNKNOWN;
        }
        return name.equals(node) ? Target.Place.HERE : Target.Place.ELSEWHERE;
    }

    /// The slice's number for a Service's port, 0 when it has none.
    private static int port(EndpointSlice slice, String name, Protocol protocol) {
        if (slice.getPorts() == null) {
            return 0;
        }
        for (EndpointPort port : slice.getPorts()) {
            if (Objects.requireNonNullElse(port.getName(), "").equals(name)
                    && Protocol.of(port.getProtocol()).filter(protocol::equals).isPresent()
                    && port.getPort() != null) {
                return port.getPort();
            }
        }
        return 0;
    }
}
