package io.jubernetes.serviceproxy.rules;

import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointConditions;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointHints;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.ForNode;
import io.fabric8.kubernetes.api.model.discovery.v1.ForZone;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Chooses the endpoints of one port that get traffic: the ready ones, of these the near ones where their hints say so
/// (traffic distribution), and when none is ready those that are being terminated but still serve. The choice is made
/// for all nodes and for this node separately, because a node whose last pods are going away must go on serving its
/// load balancer while other nodes have ready ones.
///
/// @param everywhere sorted, no duplicates
/// @param here those on this node
record TargetSelection(List<Target> everywhere, List<Target> here) {
    private enum Rank {
        READY,
        TERMINATING,
        NONE
    }

    /// @param forNodes the nodes whose clients it is meant for; empty without such hints
    /// @param forZones the same for zones
    private record Candidate(Target target, Rank rank, Set<String> forNodes, Set<String> forZones) {}

    static TargetSelection of(
            Collection<EndpointSlice> slices, IpFamily family, String portName, Protocol protocol, Locality locality) {
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
                    var target = new Target(address, port, place(endpoint, locality));
                    EndpointHints hints = endpoint.getHints();
                    var candidate = new Candidate(
                            target,
                            rank,
                            names(hints == null ? null : hints.getForNodes(), ForNode::getName),
                            names(hints == null ? null : hints.getForZones(), ForZone::getName));
                    found.computeIfAbsent(address, _ -> new TreeMap<>())
                            .merge(port, candidate, (a, b) -> a.rank().compareTo(b.rank()) <= 0 ? a : b);
                }
            }
        }
        List<Candidate> all = found.values().stream()
                .flatMap(ports -> ports.values().stream())
                .toList();
        return new TargetSelection(
                targets(near(best(all), locality)),
                targets(best(all.stream()
                        .filter(candidate -> candidate.target().place() == Target.Place.HERE)
                        .toList())));
    }

    private static List<Candidate> best(List<Candidate> candidates) {
        boolean anyReady = candidates.stream().anyMatch(candidate -> candidate.rank() == Rank.READY);
        Rank wanted = anyReady ? Rank.READY : Rank.TERMINATING;
        return candidates.stream()
                .filter(candidate -> candidate.rank() == wanted)
                .toList();
    }

    /// Hints count only when every ready endpoint has some, else what has none would never be chosen, and only when
    /// they leave an endpoint for us. Those for nodes come first, then those for zones.
    private static List<Candidate> near(List<Candidate> candidates, Locality locality) {
        if (candidates.stream().anyMatch(candidate -> candidate.rank() != Rank.READY)) {
            return candidates;
        }
        List<Candidate> sameNode = hinted(candidates, Candidate::forNodes, locality.nodes());
        if (!sameNode.isEmpty()) {
            return sameNode;
        }
        List<Candidate> sameZone = hinted(candidates, Candidate::forZones, Set.of(locality.zone()));
        return sameZone.isEmpty() ? candidates : sameZone;
    }

    private static List<Candidate> hinted(
            List<Candidate> candidates, Function<Candidate, Set<String>> hints, Set<String> ours) {
        if (candidates.stream().anyMatch(candidate -> hints.apply(candidate).isEmpty())) {
            return List.of();
        }
        return candidates.stream()
                .filter(candidate -> hints.apply(candidate).stream().anyMatch(ours::contains))
                .toList();
    }

    private static List<Target> targets(List<Candidate> candidates) {
        return candidates.stream().map(Candidate::target).sorted().toList();
    }

    private static <T> Set<String> names(@Nullable List<T> hints, Function<T, String> name) {
        return hints == null ? Set.of() : hints.stream().map(name).collect(Collectors.toUnmodifiableSet());
    }

    private static Rank rank(@Nullable EndpointConditions conditions) {
        if (conditions == null || !Boolean.FALSE.equals(conditions.getReady())) {
            return Rank.READY;
        }
        boolean terminating = Boolean.TRUE.equals(conditions.getTerminating());
        return terminating && Boolean.TRUE.equals(conditions.getServing()) ? Rank.TERMINATING : Rank.NONE;
    }

    private static Target.Place place(Endpoint endpoint, Locality locality) {
        String name = endpoint.getNodeName();
        if (name == null || name.isEmpty()) {
            return Target.Place.UNKNOWN;
        }
        return locality.nodes().contains(name) ? Target.Place.HERE : Target.Place.ELSEWHERE;
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
